"""The flow on a log in memory: equal to the batch fold; bad input is set aside; a restart changes nothing."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, run_main
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records import DEAD_LETTERS, PREDICTIONS, PROCESSED, RAW, STATE, Outgoing, Record
from adapters.metrics import Metrics, metrics
from game.codec import encode
from game.events import AnyEvent
from game.messages import DeadLetter, Message, Prediction, PredictionMessage, Processed, ProcessedMessage
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.digest import facts_digest
from models.fold import fold_events
from models.predictor import Predictor, load_champion
from models.shelf import Shelf
from streaming.flow import build_flow
from streaming.matches import IDLE_S, MatchLogic
from streaming.steps import Translated, received_at, translated

NOON = datetime(2026, 1, 18, 12, tzinfo=UTC)
EVENTS = 900


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_champion()


@pytest.fixture(scope="module")
def events() -> list[AnyEvent]:
    return list(islice(simulate(Setting(seed=7, position_hz=0)), EVENTS))


def record(value: bytes, offset: int = 0, *, key: str = "m", **headers: str) -> Record:
    return Record(
        topic=RAW,
        partition=0,
        offset=offset,
        key=key.encode(),
        value=value,
        headers={name: text.encode() for name, text in headers.items()},
        timestamp_ms=0,
    )


def records(events: Iterable[AnyEvent]) -> list[Record]:
    return [record(encode(event), i, key=event.match_id) for i, event in enumerate(events)]


def logic(predictor: Predictor | None, measured: Metrics | None = None) -> Any:
    return partial(
        MatchLogic,
        models=Shelf((predictor,)),
        starting=lambda _: predictor,
        roster={},
        measured=measured or metrics(),
        now=lambda: NOON,
        clock=lambda: 0.0,
    )


def run(log: Sequence[Any], predictor: Predictor | None, folder: Path | None = None) -> list[Outgoing]:
    out: list[tuple[str, Sequence[Outgoing]]] = []
    config = RecoveryConfig(folder) if folder is not None else None  # type: ignore[no-untyped-call]
    flow = build_flow(TestingSource(log, batch_size=7), TestingSink(out), logic=logic(predictor))
    run_main(flow, epoch_interval=timedelta(0), recovery_config=config)  # type: ignore[no-untyped-call]
    return [outgoing for _, each in out for outgoing in each]


def messages(out: Sequence[Outgoing], topic: str, kind: Any) -> list[Any]:
    return [msgspec.json.decode(o.value, type=kind) for o in out if o.topic == topic]


def without_times(message: Message) -> bytes:
    blank = {name: None for name in ("received_at", "processed_at", "predicted_at") if hasattr(message, name)}
    return encode(msgspec.structs.replace(message, **blank))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-18T13:00:00+01:00", NOON),
        ("2026-01-18T12:00:00", None),
        ("2107-01-18T12:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
    ],
)
def test_a_time_of_arrival_is_one_that_it_can_be(text: str, moment: datetime | None) -> None:
    assert received_at(record(b"{}", received_at=text)) == moment


def test_the_stream_tells_what_the_batch_fold_tells(predictor: Predictor, events: list[AnyEvent]) -> None:
    out = run(records(events), predictor)
    batch = fold_events(events, predictor)
    processed = messages(out, PROCESSED, ProcessedMessage)
    predictions = messages(out, PREDICTIONS, PredictionMessage)
    assert facts_digest(processed) == facts_digest(batch)
    assert [without_times(m) for m in processed] == [
        without_times(m) for m in batch if isinstance(m, Processed)
    ]
    assert [without_times(m) for m in predictions] == [
        without_times(m) for m in batch if isinstance(m, Prediction)
    ]
    assert len([o for o in out if o.topic == STATE]) == len(processed)


def test_bad_input_is_set_aside_with_bytes_reason_and_place(events: list[AnyEvent]) -> None:
    log = records(events[:20])
    log.insert(
        5, record(b'{"event_id": 3', 77, key="m", source="demo", format="native+json", received_at="then")
    )
    log.insert(9, record(b"\xff\xfe", 78, format="native+smoke"))
    out = run(log, None)
    letters = messages(out, DEAD_LETTERS, DeadLetter)
    assert [(x.offset, x.raw, x.partition, x.topic) for x in letters] == [
        (77, b'{"event_id": 3', 0, RAW),
        (78, b"\xff\xfe", 0, RAW),
    ]
    assert (letters[0].source, letters[0].received_at, letters[1].field) == ("demo", "then", "format")
    assert len(messages(out, PROCESSED, ProcessedMessage)) == 20


def test_a_restart_at_any_point_changes_nothing(
    predictor: Predictor, events: list[AnyEvent], tmp_path: Path
) -> None:
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]
    log: list[Any] = list(records(events[:600]))
    for at in (500, 301, 300, 17):
        log.insert(at, TestingSource.ABORT())
    pieces: list[Outgoing] = []
    for _ in range(5):
        pieces += run(log, predictor, tmp_path)
    once = {
        without_times(m) for m in messages(run(records(events[:600]), predictor), PROCESSED, ProcessedMessage)
    }
    assert {without_times(m) for m in messages(pieces, PROCESSED, ProcessedMessage)} == once


def test_interleaved_matches_do_not_touch_each_other(events: list[AnyEvent]) -> None:
    other = list(islice(simulate(Setting(seed=8, position_hz=0)), 300))
    mixed = [event for pair in zip(events[:300], other, strict=True) for event in pair]
    processed = messages(run(records(mixed), None), PROCESSED, ProcessedMessage)
    for alone in (events[:300], other):
        mine = [m for m in processed if m.match_id == alone[0].match_id]
        assert facts_digest(mine) == facts_digest(fold_events(alone, None))


@given(st.binary(max_size=300), st.sampled_from(["native+json", "native+msgpack", "other"]))
def test_no_bytes_end_the_flow(raw: bytes, form: str) -> None:
    told = translated(record(raw, format=form))
    assert isinstance(told, Translated)
    assert run([told.record], None)


def test_an_event_too_large_to_be_told_again_is_set_aside(events: list[AnyEvent]) -> None:
    body = json.loads(encode(events[0])) | {"type": "novel", "payload": {"text": "x" * 700_000}}
    (letter,) = messages(run([record(json.dumps(body).encode())], None), DEAD_LETTERS, DeadLetter)
    assert "700" in letter.reason
    assert len(letter.raw) < len(json.dumps(body))


def test_an_event_that_the_fold_cannot_take_is_set_aside_and_the_match_goes_on(
    events: list[AnyEvent],
) -> None:
    measured = metrics()
    match = logic(None, measured)(b"no snapshot of ours")
    found, is_done = match.on_batch([translated(r) for r in records(events[:2])])
    assert [o.topic for each in found for o in each] == [DEAD_LETTERS] * 2
    assert not is_done
    assert measured.registry.get_sample_value("error_total", {"kind": "fold"}) == 2


def test_a_sleeping_match_knows_all_that_it_knew(predictor: Predictor, events: list[AnyEvent]) -> None:
    told = [translated(r) for r in records(events)]
    awake, sleeper = logic(predictor)(None), logic(predictor)(None)
    awake.on_batch(told[:400])
    sleeper.on_batch(told[:400])
    assert sleeper.notify_at() == NOON + timedelta(seconds=IDLE_S)
    sleeper.on_notify()
    assert sleeper.notify_at() is None
    slept, watched = (match.on_batch(told[400:])[0] for match in (sleeper, awake))
    assert [o.value for each in slept for o in each] == [o.value for each in watched for o in each]

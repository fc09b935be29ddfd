"""Verification finds what was changed: a fact, a receipt, a prediction that is missing. The store is a fake."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pytest

from game import events, payloads
from game.codec import encode
from game.events import AnyEvent
from game.messages import Message, Prediction, Processed, Retraction
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import inputs, rawlog, verify
from midround.commands import verify as verify_command
from models.bundle import write_champion
from models.fold import fold_events
from models.lineup import Lineup
from models.predictor import CHAMPION, Predictor, load_champion, load_predictor
from models.promotion import promote, seed
from models.shelf import Shelf
from orchestration import parity
from tests.models.another import at, other_bundle, switched

pytestmark = pytest.mark.slow

MATCH_EVENTS = 700
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATER = EPOCH + timedelta(days=9)


class Result:
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.column_names = tuple(rows[0]) if rows else ()
        self.result_rows = [tuple(row.values()) for row in rows]


class FakeStore:
    """Answers the three questions of a verification from lists of rows."""

    def __init__(self, log: list[AnyEvent], messages: list[Message]) -> None:
        self.raw = [_raw_row(offset, event) for offset, event in enumerate(log)]
        self.facts = [_fact_row(m) for m in messages if isinstance(m, Processed)]
        for message in messages:
            if isinstance(message, Retraction):
                self.withdraw(message.from_seq, message.to_seq)
        self.predictions = [{"message": encode(m).decode()} for m in messages if isinstance(m, Prediction)]

    def withdraw(self, first: int, last: int) -> None:
        for row in self.facts:
            if first <= row["seq"] <= last and row["withdrawn_seq"] is None:
                row["withdrawn_seq"] = last + 1

    def query(self, sql: str, parameters: Mapping[str, object]) -> Result:
        answers = {rawlog.RAW_ROWS: self.raw, parity.FACTS: self.facts, verify.PREDICTIONS: self.predictions}
        return Result(answers[sql])


def _raw_row(offset: int, event: AnyEvent) -> dict[str, Any]:
    return {
        "topic": "raw-game-events",
        "partition": 0,
        "offset": offset,
        "headers": {"format": "native+json"},
        "raw_hex": encode(event).hex(),
        "published_ms": offset,
    }


def _fact_row(message: Processed) -> dict[str, Any]:
    return {
        "map_id": message.map_id or "",
        "round_no": message.round_no,
        "seq": message.seq,
        "ts_event": message.ts_event.astimezone(UTC),
        "event_id": message.event_id,
        "match_tag": message.match_tag,
        "facts": encode(message.facts).decode(),
        "withdrawn_seq": None,
    }


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_champion()


@pytest.fixture(scope="module")
def told(predictor: Predictor) -> tuple[list[AnyEvent], list[Message]]:
    log = list(islice(inputs.simulated(seed=5, best_of=1, position_hz=0).events(), MATCH_EVENTS))
    return log, fold_events(log, predictor)


@pytest.fixture
def store(told: tuple[list[AnyEvent], list[Message]]) -> FakeStore:
    return FakeStore(*told)


def verdict(store: FakeStore, folder: Path = CHAMPION, *, now: datetime = LATER) -> verify.Verdict:
    match_id = json.loads(bytes.fromhex(store.raw[0]["raw_hex"]))["match_id"]
    return verify.verified(cast(Any, store), match_id, Lineup(folder, now=EPOCH), now=now)


def test_what_was_published_as_folded_holds(store: FakeStore) -> None:
    found = verdict(store)
    assert found.problems == ()
    assert found.holds
    assert found.stream_digest == found.batch_digest
    assert (found.events, found.predictions) == (MATCH_EVENTS, len(store.predictions))


def test_a_changed_fact_is_found(store: FakeStore) -> None:
    row = next(r for r in store.facts if '"killed"' in r["facts"])
    row["facts"] = (
        row["facts"]
        .replace('"is_headshot":true', '"is_headshot":null')
        .replace('"is_headshot":false', '"is_headshot":true')
        .replace('"is_headshot":null', '"is_headshot":false')
    )
    found = verdict(store)
    assert not found.holds
    assert row["event_id"] in found.problems[0]


def test_one_changed_digit_of_a_prediction_is_found(store: FakeStore) -> None:
    message = json.loads(store.predictions[3]["message"])
    message["series"]["p_a"] = round(message["series"]["p_a"] + 0.0001, 4)
    store.predictions[3]["message"] = json.dumps(message)
    found = verdict(store)
    assert any(f"seq {message['seq']}" in problem for problem in found.problems)


def test_a_missing_prediction_is_found(store: FakeStore) -> None:
    del store.predictions[5]
    assert any("not published" in problem for problem in verdict(store).problems)


def test_a_lost_event_is_found(store: FakeStore) -> None:
    lost = next(i for i, row in enumerate(store.facts) if '"killed"' in row["facts"])
    del store.facts[lost]
    assert "facts differ" in verdict(store).problems[0]


@pytest.mark.parametrize(
    ("as_json", "said"), [(False, "holds\n    5 events are not compared yet\n"), (True, '"not_compared":5,')]
)
def test_what_is_left_is_said(
    store: FakeStore, capsys: pytest.CaptureFixture[str], *, as_json: bool, said: str
) -> None:
    store.raw = store.raw[:-5]
    verify_command._say(verdict(store), as_json=as_json)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("count", [1, 60])
def test_what_came_while_it_was_read_is_not_compared_yet(store: FakeStore, count: int) -> None:
    """Either side may be ahead: the raw log is read first, and the loader fills one table after the other."""
    raw, facts, predictions = store.raw, store.facts, store.predictions
    store.raw = raw[:-count]
    found = verdict(store)
    assert (found.problems, found.not_compared, found.events) == ((), count, MATCH_EVENTS - count)
    assert found.stream_digest == found.batch_digest
    store.raw, store.facts = raw, facts[:-count]
    found = verdict(store)
    assert (found.problems, found.not_compared, found.events) == ((), count, MATCH_EVENTS - count)
    last = json.loads(predictions[-2]["message"])["seq"]
    store.facts, store.predictions = facts, predictions[:-1]
    found = verdict(store)
    assert (found.problems, found.not_compared) == ((), 1), last


def test_what_is_compared_is_compared_while_the_match_goes_on(store: FakeStore) -> None:
    lost = next(i for i, row in enumerate(store.facts) if '"killed"' in row["facts"])
    del store.facts[lost]
    store.raw = store.raw[:-5]
    found = verdict(store)
    assert ("facts differ" in found.problems[0], found.not_compared) == (True, 5)


def test_a_correction_that_one_side_has_not_is_found(store: FakeStore) -> None:
    """Of events that both have: taken back there and not here."""
    store.raw = store.raw[:-5]
    row = next(row for row in store.facts if '"killed"' in row["facts"])
    store.withdraw(row["seq"], row["seq"])
    found = verdict(store)
    assert (row["event_id"] in found.problems[0], found.not_compared) == (True, 5)


def test_a_correction_that_came_while_it_was_read_is_not_compared_yet(
    told: tuple[list[AnyEvent], list[Message]], predictor: Predictor
) -> None:
    """The raw log was read before the source took an event back: what that made void still stood then."""
    gone, last = told[0][-9], told[0][-1]
    cause = events.Retraction(
        event_id="cause",
        match_id=gone.match_id,
        ts_event=last.ts_event,
        source=gone.source,
        payload=payloads.RetractionData(event_ids=(gone.event_id,)),
    )
    log = [*told[0], cause]
    messages = fold_events(log, predictor)
    assert any(isinstance(m, Retraction) for m in messages)
    whole = verdict(FakeStore(log, messages))
    assert (whole.problems, whole.not_compared) == ((), 0)
    store = FakeStore(log, messages)
    store.raw = store.raw[:-1]
    found = verdict(store)
    assert (found.problems, found.not_compared) == ((), 18)
    assert found.stream_digest == found.batch_digest


def test_a_match_of_which_nothing_can_be_compared_does_not_hold(store: FakeStore) -> None:
    store.facts, store.predictions = [], []
    found = verdict(store)
    assert found.problems == (f"none of {MATCH_EVENTS} events can be compared: nothing is published of them",)


def test_of_a_match_that_is_over_nothing_may_be_left(predictor: Predictor) -> None:
    setting = Setting(seed=8, best_of=1, position_hz=0, strength=2.0, has_shots=False, has_pauses=False)
    log = list(simulate(setting))
    store = FakeStore(log, fold_events(log, predictor))
    assert verdict(store).problems == ()
    facts, store.facts = store.facts, store.facts[:-7]
    just_over = verdict(store, now=EPOCH + timedelta(milliseconds=len(log)) + verify.STILL / 2)
    assert (just_over.problems, just_over.not_compared) == ((), 7)
    assert verdict(store).problems == ("the match is over, and 7 of its events are not compared",)
    store.facts, store.raw = facts, store.raw[:-7]
    assert verdict(store).problems == ("the match is over, and 7 of its events are not compared",)


def test_a_match_of_which_there_is_nothing_does_not_hold() -> None:
    found = verify.verified(cast(Any, FakeStore([], [])), "nobody", Lineup(CHAMPION, now=EPOCH), now=LATER)
    assert (found.holds, found.problems) == (False, ("nothing received and nothing published of it",))


def test_of_a_match_that_was_refused_something_was_received(store: FakeStore) -> None:
    store.raw, store.facts, store.predictions = store.raw[:1], [], []
    store.raw[0]["headers"], match_id = {"format": "telex"}, "m"
    found = verify.verified(cast(Any, store), match_id, Lineup(CHAMPION, now=EPOCH), now=LATER)
    assert (found.dead_letters, found.problems) == (1, ())


def test_an_unknown_model_is_named(store: FakeStore, tmp_path: Path) -> None:
    other_bundle(tmp_path, "other")
    write_champion(tmp_path, "other")
    found = verdict(store, tmp_path)
    assert any("is not known here" in problem for problem in found.problems)


def test_a_match_that_was_switched_holds(
    told: tuple[list[AnyEvent], list[Message]], predictor: Predictor, tmp_path: Path
) -> None:
    """And only with both models: where the second is not there, its predictions follow from nothing."""
    whole, _ = told
    seed(tmp_path, CHAMPION)
    second = other_bundle(tmp_path, "second")
    log = [*whole[:400], switched(whole[399], second), *whole[400:]]
    models = Shelf((predictor, load_predictor(tmp_path / "second")))
    store = FakeStore(log, fold_events(log, predictor, models=models))
    found = verdict(store, tmp_path)
    assert found.problems == ()
    assert {json.loads(row["message"])["receipt"]["model_version"] for row in store.predictions} == {
        predictor.model_version,
        "second",
    }
    assert not verdict(store).holds


def test_the_match_begins_with_the_champion_of_its_first_record(
    told: tuple[list[AnyEvent], list[Message]], predictor: Predictor, tmp_path: Path
) -> None:
    """A later promotion changes nothing of what is over."""
    seed(tmp_path, CHAMPION)
    store = FakeStore(*told)
    other_bundle(tmp_path, "later")
    promote(tmp_path, "later", who="me", why="a test", now=at(EPOCH + timedelta(days=1)))
    assert verdict(store, tmp_path).problems == ()
    day_ms = 24 * 3600 * 1000
    for row in store.raw:
        row["published_ms"] += 2 * day_ms
    assert not verdict(store, tmp_path).holds

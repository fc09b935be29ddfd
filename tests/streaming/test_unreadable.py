"""What no reader of the log can read ends none of them: it is counted, under one name, and the next message is read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from backports import zstd
from msgspec.structs import replace

from adapters.cache.newest import NewestHere, Shown
from adapters.cache.redis import view_of
from adapters.catalog.outbox import Batch, Subscription
from adapters.kafka.reading import Place
from adapters.kafka.records import DEAD_LETTERS, PREDICTIONS, PROCESSED, SHADOW, STATE, Record
from adapters.kafka.unreadable import KIND
from adapters.metrics import Metrics, metrics
from api.outbox.noting import Noter
from api.public.board import Board
from api.public.cached import kept_or_none
from game.codec import encode
from game.messages import StateSnapshot
from models.fold_state import SNAPSHOT_VERSION, Snapshot, SnapshotError, awake
from models.predictor import load_champion
from streaming.rows import load
from streaming.shadowing import Shadow
from streaming.showing import Showing
from streaming.ticker import Ticker
from streaming.ticking import hear
from tests.api.public.doubles import messages
from tests.streaming import messages as m
from tests.streaming.test_loader import Bench

DEEP = 10_000
BODIES = {
    "no JSON": b"{",
    "empty": b"",
    "invalid UTF-8": b'{"message":"\xff"}',
    "invalid UTF-8 amid a message": b'{"message":"retraction","match_id":"\xff","seq":1}',
    "deep": b'{"message":' * DEEP,
    "deep in a message": b'{"message":"retraction","reason":' + b"[" * DEEP,
    "deep beside a message": b'{"message":"retraction","more":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "wrong type": b"null",
    "wrong types": b'{"message":"retraction","match_id":5,"seq":{}}',
    "no such message": b'{"message":"dance"}',
    "huge number": b'{"message":"retraction","match_id":"m","seq":1e400}',
    "NUL": b"\0",
}
ROOMY = b'{"message":"delta","match_id":"match-1","prev_seq":1,"ts_event":"2090-05-17T12:00:02Z","seq":'
DELTAS = {
    "deep": ROOMY + b'2,"set":{"phase":' + b"[" * DEEP + b"]" * DEEP + b"}}",
    "no players": ROOMY + b'2,"set":{"players":null}}',
    "a list of players": ROOMY + b'2,"set":{"players":[1]}}',
    "a number as player": ROOMY + b'2,"set":{"players":{"p":5}}}',
    "a number as map": ROOMY + b'2,"set":{"map":5}}',
    "half a map": ROOMY + b'2,"set":{"map":{"name":"de_nuke"}}}',
    "a number as finished maps": ROOMY + b'2,"set":{"finished_maps":5}}',
}
"""Messages by their types; the fold finds out that they fit no state."""
VALUES = {
    "nobody": b"\xc0",
    "empty": b"",
    "cut off": b"\xdb\xff",
    "invalid UTF-8": b"\x81\xa7version\xa1\xff",
    "invalid UTF-8 as name": b"\x81\xa1\xff\x01",
    "deep": b"\x91" * DEEP,
    "deep beside": b"\x81\xa4more" + b"\x91" * DEEP + b"\x01",
    "wrong types": msgspec.msgpack.encode({"version": "two", "blocks": 5, "rest": {}}),
    "huge number": b"\x81\xa7version\xcf" + b"\xff" * 8,
    "NUL": b"\0",
}
Take = Callable[[Record], object]


class NoNotes:
    """An outbox that keeps nothing."""

    def positions(self, origin: str) -> dict[Place, int]:
        return {}

    def told(self) -> dict[str, str]:
        return {}

    def subscriptions(self, now: datetime) -> list[Subscription]:
        return []

    def note(self, batch: Batch, *, now: datetime) -> None:
        pass


def ticker(measured: Metrics) -> Take:
    ticker = Ticker("session-1")
    return lambda record: hear(ticker, record, measured=measured, moment=m.START)


def board(measured: Metrics) -> Take:
    return Board(measured).take


def noter(measured: Metrics) -> Take:
    noter = Noter(NoNotes(), "log", measured=measured, now=lambda: m.START)
    return lambda record: noter.take([record])


def shadow(measured: Metrics) -> Take:
    shadow = Shadow(Path("nowhere"), measured)
    shadow._challenger = load_champion()
    return shadow.answers


def loader(measured: Metrics) -> Take:
    """With what it shows."""
    bench = Bench([])
    bench.metrics = measured
    bench.restarted()._showing = Showing(NewestHere(), measured)

    def take(record: Record) -> None:
        bench.log.records.append(replace(record, offset=len(bench.log.records)))
        bench.load(steps=1)

    return take


GOOD = {
    STATE: m.on_topic(STATE, m.snapshot(1)),
    PREDICTIONS: m.on_topic(PREDICTIONS, m.prediction(1)),
    PROCESSED: m.on_topic(PROCESSED, m.retraction(9, from_seq=7, to_seq=8)),
}
READERS: Sequence[tuple[Callable[[Metrics], Take], str]] = (
    (ticker, STATE),
    *((board, topic) for topic in (STATE, PREDICTIONS, PROCESSED)),
    (noter, STATE),
    (shadow, PREDICTIONS),
    *((loader, topic) for topic in (STATE, PREDICTIONS, PROCESSED)),
)


def counted(measured: Metrics) -> float:
    return measured.registry.get_sample_value("error_total", {"kind": KIND}) or 0.0


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(("reader", "topic"), READERS)
def test_what_cannot_be_read_is_counted_and_passed(
    reader: Callable[[Metrics], Take], topic: str, body: bytes
) -> None:
    measured = metrics()
    take, good = reader(measured), GOOD[topic]
    take(good)
    take(replace(good, value=body))
    assert counted(measured) == 1
    take(good)
    assert counted(measured) == 1
    assert list(errors(measured)) == [KIND]


@pytest.mark.parametrize("body", DELTAS.values(), ids=DELTAS)
@pytest.mark.parametrize("reader", [ticker, board, noter, loader])
def test_a_delta_of_no_state_is_passed(reader: Callable[[Metrics], Take], body: bytes) -> None:
    measured = metrics()
    take, good = reader(measured), GOOD[STATE]
    take(good)
    take(replace(good, value=body))
    assert set(errors(measured)) <= {KIND}
    before = counted(measured)
    take(m.on_topic(STATE, m.snapshot(3)))
    assert counted(measured) == before


@pytest.mark.parametrize("field", ["ts_event", "received_at"])
def test_a_time_without_its_zone_is_passed(field: str) -> None:
    measured, ticker = metrics(), Ticker("session-1")
    bare = replace(m.snapshot(1), **{field: m.moment(1).replace(tzinfo=None)})
    hear(ticker, m.on_topic(STATE, bare), measured=measured, moment=m.START)
    assert counted(measured) == 1
    assert ticker.due(m.moment(3)) == []


def errors(measured: Metrics) -> Mapping[str, float]:
    return {
        sample.labels["kind"]: sample.value
        for metric in measured.errors.collect()
        for sample in metric.samples
        if sample.name == "error_total"
    }


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("topic", [SHADOW, DEAD_LETTERS])
def test_the_loader_keeps_it_as_a_dead_letter(topic: str, body: bytes) -> None:
    loaded = load(m.record(topic, body))
    assert loaded.problem
    [(table, row)] = loaded.rows
    assert (table, row["raw"]) == ("dead_letters", body)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_a_cache_holds_is_none(body: bytes) -> None:
    assert view_of(body) is None
    assert kept_or_none(body) is None


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_spoilt_entry_of_the_cache_hides_no_match(body: bytes) -> None:
    cache = NewestHere()
    cache.put([Shown(match_id=m.MATCH, view=None, prediction=body)])
    showing = Showing(cache, metrics())
    showing.take(m.on_topic(STATE, m.snapshot(1)))
    showing.write()
    view = cache.view(m.MATCH)
    assert view is not None
    assert view.seq == 1


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_snapshot_of_a_fold_is_refused(value: bytes) -> None:
    for raw in (value, resting(value)):
        with pytest.raises(SnapshotError):
            awake(raw)


def resting(value: bytes, *, version: int = SNAPSHOT_VERSION) -> bytes:
    return msgspec.msgpack.encode(Snapshot(version=version, blocks=[], rest=zstd.compress(value)))


def test_a_snapshot_of_another_version_says_so() -> None:
    with pytest.raises(SnapshotError, match=r"^recovery snapshot: version 1, expected 2$"):
        awake(resting(b"", version=1))


def test_a_seq_that_no_column_takes_is_not_noted() -> None:
    measured, notes = metrics(), NoNotes()
    noter = Noter(notes, "log", measured=measured, now=lambda: m.START)
    snapshot = next(each for each in messages() if isinstance(each, StateSnapshot))
    noter.take([m.record(STATE, encode(replace(snapshot, seq=2**63)))])
    assert counted(measured) == 1

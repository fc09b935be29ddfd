"""A champion that is replaced while matches run: told to the log, read back, counted once; a bad one is not."""

import json
import math
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from adapters.kafka.records import PREDICTIONS, PROCESSED, Outgoing, Record
from adapters.metrics import metrics
from game.codec import DecodeError, encode
from game.events import AnyEvent
from game.messages import Message, Prediction, PredictionMessage, Processed, ProcessedMessage
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.bundle import BOOSTER, read_pointer
from models.champions import LEAD
from models.fold import fold_events
from models.lineup import Lineup
from models.predictor import CHAMPION
from models.promotion import promote, rollback, seed
from streaming.flow import build_flow
from streaming.matches import IDLE_S, MatchLogic
from streaming.roster import Roster
from streaming.steps import translated
from streaming.switching import FIRST_WAIT, LIVE, Lookout, Switcher
from tests.models.another import at, other_bundle
from tests.streaming.raw_log import NOON, Clock, Log

pytestmark = pytest.mark.slow
SHIPPED = read_pointer(CHAMPION)


class Stream:
    """Folds of a process over the log, with its lookout, stepped by hand."""

    def __init__(self, folder: Path, log: Log, clock: Clock) -> None:
        self.lineup, self.roster, self.measured = Lineup(folder, now=clock()), Roster(), metrics()
        self.log, self.read = log, 0
        self.out: list[Outgoing] = []
        self.folds: dict[str, MatchLogic] = {}
        self.lookout = Lookout(
            self.lineup, self.roster, producer=lambda _: log, measured=self.measured, now=clock
        )
        self.make = partial(
            MatchLogic,
            models=self.lineup,
            starting=self.lineup.starting,
            roster=self.roster,
            measured=self.measured,
            now=clock,
            clock=lambda: 0.0,
        )

    def catch_up(self) -> None:
        for record in self.log.records[self.read :]:
            told = translated(record)
            match = record.key.decode()
            fold = self.folds.get(match) or self.folds.setdefault(match, self.make(None))
            self.out += chain.from_iterable(fold.on_batch([told])[0])
        self.read = len(self.log.records)

    def again(self) -> None:
        """Killed and started again: nothing is remembered but the log."""
        self.read, self.folds, self.out = 0, {}, []
        self.roster.clear()
        self.lookout = Lookout(
            self.lineup,
            self.roster,
            producer=lambda _: self.log,
            measured=self.measured,
            now=self.lookout._now,
        )

    def versions(self) -> list[str]:
        told = [
            msgspec.json.decode(o.value, type=PredictionMessage) for o in self.out if o.topic == PREDICTIONS
        ]
        return [m.receipt.model_version for m in told if isinstance(m, Prediction)]


@pytest.fixture(scope="module")
def matches() -> list[list[AnyEvent]]:
    return [list(islice(simulate(Setting(seed=seed, position_hz=0)), 500)) for seed in (3, 4)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> Log:
    return Log(clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    seed(tmp_path, CHAMPION)
    other_bundle(tmp_path, "second")
    return tmp_path


@pytest.fixture
def stream(folder: Path, log: Log, clock: Clock) -> Stream:
    return Stream(folder, log, clock)


def say(log: Log, matches: Sequence[Sequence[AnyEvent]], first: int, last: int) -> None:
    for pair in zip(*(match[first:last] for match in matches), strict=True):
        for event in pair:
            log.say(event)


def told_of(log: Log, match_id: str) -> list[AnyEvent]:
    """The raw log of one match, translated as in batch."""
    results = [translated(record).result for record in log.records]
    return [event for event in results if not isinstance(event, DecodeError) and event.match_id == match_id]


def without_times(message: Message) -> bytes:
    blank = {name: None for name in ("received_at", "processed_at", "predicted_at") if hasattr(message, name)}
    return encode(msgspec.structs.replace(message, **blank))


def test_running_matches_are_switched_and_batch_says_the_same(
    stream: Stream, folder: Path, log: Log, clock: Clock, matches: list[list[AnyEvent]]
) -> None:
    say(log, matches, 0, 300)
    stream.catch_up()
    promote(folder, "second", who="me", why="", now=clock)
    stream.lookout.look()
    assert len(log.records) == 600, "it is not in force yet"
    clock.now += LEAD
    stream.lookout.look()
    assert len(log.records) == 602
    say(log, matches, 300, 500)
    stream.catch_up()
    versions = stream.versions()
    place = versions.index("second")
    assert set(versions[:place]) == {"cs2-2026-11"}
    later = Lineup(folder, now=clock.now + timedelta(days=1))
    for match in matches:
        events = told_of(log, match[0].match_id)
        batch = fold_events(events, later.starting(NOON), models=later)
        for topic, kind, union in (
            (PROCESSED, Processed, ProcessedMessage),
            (PREDICTIONS, Prediction, PredictionMessage),
        ):
            mine: list[Any] = [
                msgspec.json.decode(o.value, type=union) for o in stream.out if o.topic == topic
            ]
            assert [without_times(m) for m in mine if m.match_id == match[0].match_id] == [
                without_times(m) for m in batch if isinstance(m, kind)
            ]


def test_an_event_is_sent_again_only_after_a_while_and_counts_once(
    stream: Stream, folder: Path, log: Log, clock: Clock, matches: list[list[AnyEvent]]
) -> None:
    say(log, matches[:1], 0, 300)
    stream.catch_up()
    promote(folder, "second", who="me", why="", now=at(clock() - LEAD))
    for _ in range(3):
        stream.lookout.look()
    assert len(log.records) == 301
    clock.now += FIRST_WAIT
    stream.lookout.look()
    stream.lookout.look()
    assert len(log.records) == 302
    stream.catch_up()
    switches = [m for m in stream.out if b'"type":"model_switched"' in m.value and m.topic == PROCESSED]
    assert len(switches) == 1
    stream.lookout.look()
    assert len(log.records) == 302


def test_a_process_that_was_killed_says_the_same_event(
    stream: Stream, folder: Path, log: Log, clock: Clock, matches: list[list[AnyEvent]]
) -> None:
    """It died between sending and reading back; what it says again changes nothing."""
    say(log, matches[:1], 0, 300)
    stream.catch_up()
    clock.now += timedelta(minutes=1)
    promote(folder, "second", who="me", why="", now=at(clock() - LEAD))
    stream.lookout.look()
    held = log.records.pop()
    stream.again()
    stream.catch_up()
    stream.lookout.look()
    log.records.append(held)
    say(log, matches[:1], 300, 400)
    stream.catch_up()
    ids = [json.loads(r.value)["event_id"] for r in log.records]
    assert len(ids) == len(set(ids)) + 1
    first = list(stream.out)
    stream.again()
    stream.catch_up()
    assert [o.value for o in stream.out] == [o.value for o in first]


def test_a_match_that_begins_around_a_promotion_begins_alike_in_batch(
    stream: Stream, folder: Path, log: Log, clock: Clock, matches: list[list[AnyEvent]]
) -> None:
    """The stream has not looked since: it looks before it takes a model that could be an old one."""
    promote(folder, "second", who="me", why="", now=clock)
    clock.now += LEAD
    say(log, matches, 0, 300)
    stream.catch_up()
    assert set(stream.versions()) == {"second"}


def test_a_corrupt_bundle_keeps_the_old_model_and_is_told_once(
    stream: Stream, folder: Path, log: Log, clock: Clock, matches: list[list[AnyEvent]]
) -> None:
    say(log, matches[:1], 0, 200)
    stream.catch_up()
    promote(folder, "second", who="me", why="", now=at(clock() - LEAD))
    path = folder / "second" / BOOSTER
    path.write_bytes(path.read_bytes()[:-1])
    for _ in range(3):
        stream.lookout.look()
    say(log, matches[:1], 200, 300)
    stream.catch_up()
    assert len(log.records) == 300
    assert set(stream.versions()) == {"cs2-2026-11"}
    assert stream.measured.registry.get_sample_value("error_total", {"kind": "champion"}) == 1
    rollback(folder, who="me", why="", now=clock)
    clock.now += LEAD
    stream.lookout.look()
    assert len(log.records) == 300, "it never left the first"


def test_a_log_without_room_is_tried_again(
    stream: Stream, folder: Path, log: Log, clock: Clock, matches: list[list[AnyEvent]]
) -> None:
    say(log, matches[:1], 0, 200)
    stream.catch_up()
    promote(folder, "second", who="me", why="", now=at(clock() - LEAD))
    log.is_full = True
    stream.lookout.look()
    log.is_full = False
    stream.lookout.look()
    assert len(log.records) == 201


def test_sleeping_and_finished_matches_and_those_of_long_ago_are_not_switched(
    stream: Stream, log: Log, matches: list[list[AnyEvent]]
) -> None:
    say(log, matches[:1], 0, 200)
    stream.catch_up()
    [standing] = stream.roster.values()
    champion = msgspec.structs.replace(SHIPPED, hash="0" * 64)
    due = partial(Switcher().due, champion=champion, version="other", now=NOON)

    def told(**changes: Any) -> int:
        return len(due({"m": msgspec.structs.replace(standing, **changes)}))

    assert told() == 1
    assert told(is_over=True) == 0
    assert told(appended_at=NOON - LIVE - timedelta(seconds=1)) == 0
    assert told(model_hash=None) == 0
    assert due(stream.roster)
    [fold] = stream.folds.values()
    assert fold.notify_at() == NOON + timedelta(seconds=IDLE_S)
    fold.on_notify()
    assert due(stream.roster) == []


SAID_BEFORE = 3_000
HELD_S = 60.0


class Tailing(StatelessSourcePartition[Record]):
    """A log that grows by an event a look, until the events or the patience of the test are at an end. After
    `SAID_BEFORE` events it says nothing more before somebody else has."""

    def __init__(self, log: Log, events: Iterator[AnyEvent], is_done: threading.Event) -> None:
        self._log, self._events, self._is_done = log, events, is_done
        self._read = self._said = 0
        self._held_until_s = math.inf

    def next_batch(self) -> list[Record]:
        if not self._is_held():
            event = next(self._events, None)
            if event is None or self._is_done.is_set():
                raise StopIteration
            self._log.say(event)
            self._said += 1
        records = self._log.records[self._read :]
        self._read += len(records)
        return records

    def next_awake(self) -> datetime:
        return datetime.now(UTC) + timedelta(milliseconds=2)

    def _is_held(self) -> bool:
        if self._said < SAID_BEFORE or len(self._log.records) > self._said:
            return False
        self._held_until_s = min(self._held_until_s, time.monotonic() + HELD_S)
        return time.monotonic() < self._held_until_s


class Growing(DynamicSource[Record]):
    def __init__(self, log: Log, events: Iterator[AnyEvent], is_done: threading.Event) -> None:
        self._made = partial(Tailing, log, events, is_done)

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Tailing:
        return self._made()


Told = tuple[str, Sequence[Outgoing]]


class Watching(StatelessSinkPartition[Told], DynamicSink[Told]):
    """What is published; says when the first prediction came, and when `enough` came from the second model."""

    def __init__(self, is_done: threading.Event, *, enough: int) -> None:
        self.out: list[Outgoing] = []
        self._is_done, self._left = is_done, enough
        self.has_begun = threading.Event()

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "Watching":
        return self

    def write_batch(self, items: list[Told]) -> None:
        told = [outgoing for _, each in items for outgoing in each]
        self.out += told
        predicted = [outgoing.value for outgoing in told if outgoing.topic == PREDICTIONS]
        if predicted:
            self.has_begun.set()
        self._left -= sum(b'"model_version":"second"' in value for value in predicted)
        if self._left <= 0:
            self._is_done.set()


class RealClock(Clock):
    def __call__(self) -> datetime:
        return datetime.now(UTC)


def test_the_running_flow_takes_up_a_replaced_champion(folder: Path) -> None:
    """The thread and Bytewax together: the pointer is replaced mid-match, the flow never stops for it."""
    is_done, real_time = threading.Event(), RealClock()
    log = Log(real_time)
    lineup, roster, measured = Lineup(folder, now=real_time()), Roster(), metrics()
    sink = Watching(is_done, enough=5)
    lookout = Lookout(lineup, roster, producer=lambda _: log, measured=measured, now=real_time, look_s=0.05)
    make = partial(
        MatchLogic,
        models=lineup,
        starting=lineup.starting,
        roster=roster,
        measured=measured,
        now=real_time,
        clock=lambda: 0.0,
    )
    events = islice(simulate(Setting(seed=5, position_hz=0)), 6_000)

    def promoted_amid() -> None:
        assert sink.has_begun.wait(60)
        promote(folder, "second", who="me", why="", now=at(real_time() - LEAD))

    promotion = threading.Thread(target=promoted_amid)
    lookout.start()
    promotion.start()
    try:
        flow = build_flow(Growing(log, events, is_done), sink, logic=make)
        run_main(flow)  # type: ignore[no-untyped-call]
    finally:
        promotion.join()
        lookout.close()
    told = [msgspec.json.decode(o.value, type=PredictionMessage) for o in sink.out if o.topic == PREDICTIONS]
    versions = [m.receipt.model_version for m in told if isinstance(m, Prediction)]
    assert set(versions) == {"cs2-2026-11", "second"}
    assert versions == sorted(versions), "the first, then the second, and never back"
    assert len(log.records) < 6_000, "the flow never waited for the end of the match"

"""One consumer for many places: what is held for them is bounded, and each gets all that is its own, in order."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.connection import BrokerError
from adapters.kafka.guard import OffsetRemovedError, OriginGuard, Reading
from adapters.kafka.reading import Place
from streaming import shared_reader
from streaming.shared_reader import SharedReader

TOPIC = "raw"
BATCH = 1_000
HELD_MAX = 5 * BATCH


class Arrived:
    """A message as librdkafka gives it."""

    def __init__(self, partition: int, offset: int, error: KafkaError | None = None) -> None:
        self._partition, self._offset, self._error = partition, offset, error

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return TOPIC

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return b"m"

    def value(self) -> bytes:
        return b""

    def headers(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return 1, 0


class Arrivals:
    """A consumer for which messages of these partitions have arrived in this order, `count` of each."""

    def __init__(self, *runs: tuple[int, int]) -> None:
        offsets: dict[int, int] = defaultdict(int)
        self.waiting: list[Arrived] = []
        for partition, count in runs:
            start = offsets[partition]
            self.waiting += [Arrived(partition, offset) for offset in range(start, start + count)]
            offsets[partition] += count
        self.counts = dict(offsets)
        self.handed_over = 0
        self.commits: list[dict[int, int]] = []
        self.is_closed = False

    def consume(self, count: int, _timeout_s: float) -> list[Arrived]:
        handed, self.waiting = self.waiting[:count], self.waiting[count:]
        self.handed_over += len(handed)
        return handed

    def incremental_assign(self, places: object) -> None:
        pass

    def commit(self, *, offsets: Sequence[TopicPartition], **_options: Any) -> None:
        self.commits.append({each.partition: each.offset for each in offsets})

    def close(self) -> None:
        self.is_closed = True


class Unworried:
    """A guard that finds nothing; it shows what it is told."""

    failure: BrokerError | None = None

    def __init__(self, readings: Callable[[], Mapping[Place, Reading]]) -> None:
        self.readings = readings

    def close(self) -> None:
        pass


class Desk:
    """A reader over arrivals, whose places are looked at in turn, as Bytewax does."""

    def __init__(self, arrivals: Arrivals, partitions: int) -> None:
        self.arrivals = arrivals
        self.places = [(TOPIC, partition) for partition in range(partitions)]
        self.reader = SharedReader(
            cast("Consumer", arrivals), dict.fromkeys(self.places, (0, 10**6)), guard=self._guarded
        )
        for place in self.places:
            self.reader.begin(place, "beginning")
        self.taken: dict[int, list[int]] = {partition: [] for partition in range(partitions)}
        self.most_held = 0

    def _guarded(self, readings: Callable[[], Mapping[Place, Reading]]) -> OriginGuard:
        self.guard = Unworried(readings)
        return cast("OriginGuard", self.guard)

    @property
    def held(self) -> int:
        return self.arrivals.handed_over - sum(map(len, self.taken.values()))

    def look(self, partition: int) -> None:
        records = self.reader.take((TOPIC, partition))
        self.taken[partition] += [record.offset for record in records]
        self.most_held = max(self.most_held, self.held)

    def turn(self) -> None:
        for _, partition in self.places:
            self.look(partition)

    def is_hungry(self, partition: int) -> bool:
        return self.guard.readings()[TOPIC, partition].look()[1]


@pytest.mark.slow
def test_a_busy_place_fills_no_memory_beside_drained_ones() -> None:
    desk = Desk(Arrivals((0, 60_000), (3, 5)), partitions=6)
    turns = 0
    while desk.held or desk.arrivals.waiting:
        desk.turn()
        turns += 1
    assert desk.most_held <= HELD_MAX
    assert desk.taken == {0: list(range(60_000)), 3: list(range(5))} | {idle: [] for idle in (1, 2, 4, 5)}
    assert turns <= 62


def test_balanced_places_are_read_in_whole_batches() -> None:
    desk = Desk(Arrivals(*((partition, 500) for _ in range(8) for partition in range(8))), partitions=8)
    turns = 0
    while desk.held or desk.arrivals.waiting:
        desk.turn()
        turns += 1
    assert turns <= 8
    assert desk.most_held <= HELD_MAX


def test_a_place_that_was_not_asked_is_not_hungry() -> None:
    desk = Desk(Arrivals((0, 20_000), (1, 1)), partitions=2)
    while desk.held < 4 * BATCH:
        desk.look(1)
    assert desk.is_hungry(1)
    desk.look(1)
    assert not desk.is_hungry(1)
    desk.look(0)
    desk.look(1)
    assert desk.is_hungry(1)


@pytest.mark.parametrize("again_s", [60, 0])
def test_what_is_closed_is_committed_and_now_and_then_all_of_it_again(
    monkeypatch: pytest.MonkeyPatch, again_s: float
) -> None:
    """A commit may be lost unseen."""
    monkeypatch.setattr(shared_reader, "_EMPTY_PAUSE_S", 0.0)
    monkeypatch.setattr(shared_reader, "_COMMIT_AGAIN_S", again_s)
    desk = Desk(Arrivals(), partitions=2)
    desk.reader.close_epoch((TOPIC, 0), 9)
    desk.turn()
    assert desk.arrivals.commits == [{0: 9, 1: 0}] * (1 if again_s else 2)
    desk.reader.close_epoch((TOPIC, 1), 4)
    desk.look(1)
    assert desk.arrivals.commits[-1] == ({1: 4} if again_s else {0: 9, 1: 4})


def test_the_last_place_that_is_finished_commits_what_was_closed_and_ends_the_consumer() -> None:
    desk = Desk(Arrivals(), partitions=2)
    desk.reader.close_epoch((TOPIC, 0), 9)
    desk.reader.finish((TOPIC, 0))
    assert (desk.arrivals.commits, desk.arrivals.is_closed) == ([], False)
    desk.reader.finish((TOPIC, 1))
    assert (desk.arrivals.commits, desk.arrivals.is_closed) == ([{0: 9, 1: 0}], True)


def with_an_error(code: int) -> Desk:
    """One of the reader's own, between messages."""
    desk = Desk(Arrivals((0, 3)), partitions=1)
    desk.arrivals.waiting.insert(1, Arrived(0, 0, KafkaError(code)))
    return desk


@pytest.mark.parametrize(
    "code", [KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._MAX_POLL_EXCEEDED]
)
def test_what_librdkafka_mends_itself_is_read_over(code: int) -> None:
    desk = with_an_error(code)
    desk.turn()
    assert desk.taken[0] == [0, 1, 2]


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        (KafkaError._AUTO_OFFSET_RESET, OffsetRemovedError),
        (KafkaError.OFFSET_OUT_OF_RANGE, OffsetRemovedError),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, BrokerError),
    ],
)
def test_an_error_that_stays_ends_the_reading(code: int, raised: type[BrokerError]) -> None:
    desk = with_an_error(code)
    with pytest.raises(BrokerError, match=r"raw \[0\]") as caught:
        desk.turn()
    assert caught.type is raised


def test_what_the_guard_finds_ends_the_reading() -> None:
    desk = Desk(Arrivals((0, 3)), partitions=1)
    desk.guard.failure = BrokerError("another log")
    with pytest.raises(BrokerError, match="another log"):
        desk.turn()
    assert desk.taken[0] == []


@given(
    runs=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4_000)), max_size=12),
    looks=st.lists(st.integers(0, 3), max_size=30),
)
def test_all_arrives_in_order_whatever_is_looked_at(runs: list[tuple[int, int]], looks: list[int]) -> None:
    desk = Desk(Arrivals(*runs), partitions=4)
    for partition in looks:
        desk.look(partition)
    while desk.held or desk.arrivals.waiting:
        desk.turn()
    assert desk.most_held <= HELD_MAX
    assert desk.taken == {
        partition: list(range(desk.arrivals.counts.get(partition, 0))) for partition in range(4)
    }

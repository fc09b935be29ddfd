"""One consumer for many places: what is held for them is bounded, and each gets all that is its own, in order."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, cast

from confluent_kafka import Consumer
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.guard import OriginGuard, Reading
from adapters.kafka.reading import Place
from streaming.shared_reader import SharedReader

TOPIC = "raw"
BATCH = 1_000
HELD_MAX = 5 * BATCH


class Arrived:
    """A message as librdkafka gives it."""

    def __init__(self, partition: int, offset: int) -> None:
        self._partition, self._offset = partition, offset

    def error(self) -> None:
        return None

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

    def consume(self, count: int, _timeout_s: float) -> list[Arrived]:
        handed, self.waiting = self.waiting[:count], self.waiting[count:]
        self.handed_over += len(handed)
        return handed

    def incremental_assign(self, places: object) -> None:
        pass

    def commit(self, **_options: Any) -> None:
        pass

    def close(self) -> None:
        pass


class Unworried:
    """A guard that finds nothing; it shows what it is told."""

    failure = None

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

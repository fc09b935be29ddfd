"""A ledger never believes that there is more room than there is for what its own producer wrote."""

import subprocess
import sys
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.pacing import UNREAD_BYTES_MAX, UNREAD_MESSAGES_MAX, UNSEEN_BYTES_MAX, Ledger
from tests.ports import free_port

KEPT_BYTES = 5 * 1024 * 1024
"""Of a partition by the embedded broker."""
SIZES = st.lists(st.integers(100, 5000), min_size=1, max_size=60)


def filled(sizes: list[int]) -> Ledger:
    ledger = Ledger()
    ledger.advance(read_to=0, end=0, under_way=0, sent_before=ledger.sent_ever)
    for size in sizes:
        ledger.sent(size)
    return ledger


def test_nothing_fits_before_the_readers_are_known() -> None:
    assert not Ledger().has_room(1)


def test_anything_fits_into_an_empty_partition() -> None:
    ledger = Ledger()
    ledger.advance(read_to=7, end=7, under_way=0, sent_before=ledger.sent_ever)
    assert ledger.has_room(UNREAD_BYTES_MAX * 2)


@given(SIZES, st.data())
def test_what_is_unread_is_what_lies_above_the_slowest_reader(sizes: list[int], data: st.DataObject) -> None:
    ledger = filled(sizes)
    read_to = data.draw(st.integers(0, len(sizes)))
    ledger.advance(read_to=read_to, end=len(sizes), under_way=0, sent_before=ledger.sent_ever)
    assert ledger.unread_bytes == sum(sizes[read_to:])
    assert ledger.unread_messages == len(sizes) - read_to


@given(SIZES)
def test_what_was_sent_counts_until_its_readers_are_asked_for(sizes: list[int]) -> None:
    ledger = filled(sizes)
    assert (ledger.unread_bytes, ledger.unread_messages) == (sum(sizes), len(sizes))
    ledger.advance(
        read_to=0, end=0, under_way=0, sent_before=ledger.sent_ever
    )  # none of it arrived, and none will
    assert (ledger.unread_bytes, ledger.unread_messages) == (0, 0)


@given(SIZES, st.data())
def test_what_is_under_way_is_never_taken_for_read(sizes: list[int], data: st.DataObject) -> None:
    ledger = filled(sizes)
    end = data.draw(st.integers(0, len(sizes)))
    read_to = data.draw(st.integers(0, end))
    guessed = data.draw(st.integers(len(sizes) - end, 2 * len(sizes)))
    ledger.advance(read_to=read_to, end=end, under_way=guessed, sent_before=ledger.sent_ever)
    assert ledger.unread_bytes >= sum(sizes[read_to:])
    assert ledger.unread_messages == guessed + end - read_to


@given(SIZES, SIZES)
def test_what_is_sent_while_the_broker_is_asked_counts(before: list[int], meanwhile: list[int]) -> None:
    ledger = filled(before)
    for size in meanwhile:
        ledger.sent(size)
    ledger.advance(read_to=len(before), end=len(before), under_way=0, sent_before=len(before))
    assert (ledger.unread_bytes, ledger.unread_messages) == (sum(meanwhile), len(meanwhile))


@given(SIZES, st.integers(1, 50))
def test_messages_of_others_count_at_the_mean(sizes: list[int], foreign: int) -> None:
    ledger = filled(sizes)
    ledger.advance(read_to=0, end=len(sizes) + foreign, under_way=0, sent_before=ledger.sent_ever)
    assert ledger.unread_bytes == sum(sizes) + foreign * (sum(sizes) // len(sizes))


def test_room_ends_at_the_share_of_bytes() -> None:
    ledger = filled([UNREAD_BYTES_MAX - 1000])
    assert ledger.has_room(1000)
    assert not ledger.has_room(1001)


def test_room_ends_at_the_share_of_messages() -> None:
    ledger = filled([])
    ledger.advance(read_to=0, end=UNREAD_MESSAGES_MAX, under_way=0, sent_before=ledger.sent_ever)
    assert not ledger.has_room(1)
    ledger.advance(
        read_to=UNREAD_MESSAGES_MAX - 9, end=UNREAD_MESSAGES_MAX, under_way=0, sent_before=ledger.sent_ever
    )
    assert ledger.has_room(1)


def test_room_ends_with_what_others_may_not_see_and_a_look_makes_it_anew() -> None:
    ledger = Ledger(unseen_bytes_max=UNSEEN_BYTES_MAX)
    ledger.advance(read_to=0, end=1, under_way=0, sent_before=0)
    ledger.sent(UNSEEN_BYTES_MAX - 1000)
    assert ledger.has_room(1000)
    assert not ledger.has_room(1001)
    ledger.advance(read_to=0, end=1, under_way=1, sent_before=1)
    assert not ledger.has_room(1001), "it did not arrive yet"
    ledger.advance(read_to=0, end=2, under_way=0, sent_before=1)
    assert ledger.has_room(1001)


class Partition:
    """A partition, its slowest reader and those who write to it: what is sent arrives later, and is known to have
    arrived later still."""

    def __init__(self, writers: int) -> None:
        self.log = list[int]()
        self.read_to = 0
        self.ledgers = [Ledger(unseen_bytes_max=UNSEEN_BYTES_MAX) for _ in range(writers)]
        self._under_way = [deque[int]() for _ in range(writers)]
        self._not_told = [0] * writers
        self._asked = [(0, 0)] * writers

    @property
    def unread_bytes(self) -> int:
        """With what is under way."""
        return sum(self.log[self.read_to :]) + sum(map(sum, self._under_way))

    def send(self, writer: int, sizes: list[int]) -> None:
        """As many as find room."""
        for size in sizes:
            if not self.ledgers[writer].has_room(size):
                return
            self._under_way[writer].append(size)
            self.ledgers[writer].sent(size)

    def arrive(self, writer: int, count: int) -> None:
        for _ in range(min(count, len(self._under_way[writer]))):
            self.log.append(self._under_way[writer].popleft())
            self._not_told[writer] += 1

    def acknowledge(self, writer: int) -> None:
        self._not_told[writer] = 0

    def ask(self, writer: int) -> None:
        """The broker answers later."""
        in_flight = len(self._under_way[writer]) + self._not_told[writer]
        self._asked[writer] = self.ledgers[writer].sent_ever, in_flight

    def answer(self, writer: int) -> None:
        sent_before, in_flight = self._asked[writer]
        end = len(self.log)
        self.ledgers[writer].advance(
            read_to=self.read_to, end=end, under_way=in_flight, sent_before=sent_before
        )

    def read(self, count: int) -> None:
        self.read_to = min(self.read_to + count, len(self.log))


@given(st.data(), st.integers(1, 3), st.integers(1_000, 500_000))
def test_producers_that_interleave_never_leave_more_unread_than_the_broker_keeps(
    data: st.DataObject, writers: int, largest: int
) -> None:
    partition, lot = Partition(writers), 2 * UNREAD_BYTES_MAX // largest
    steps = st.tuples(
        st.sampled_from(["send", "send", "arrive", "acknowledge", "look", "ask", "answer", "read"])
    )
    for (step,) in data.draw(st.lists(steps, min_size=10, max_size=60)):
        writer = data.draw(st.integers(0, writers - 1))
        if step == "send":
            count = data.draw(st.integers(1, lot))
            partition.send(writer, [data.draw(st.integers(largest * 9 // 10, largest))] * count)
        elif step == "arrive":
            partition.arrive(writer, data.draw(st.integers(1, lot)))
        elif step == "acknowledge":
            partition.acknowledge(writer)
        elif step == "read":
            partition.read(data.draw(st.integers(1, lot // 4 + 1)))
        if step in {"look", "ask"}:
            partition.ask(writer)
        if step in {"look", "answer"}:
            partition.answer(writer)
        assert partition.unread_bytes <= KEPT_BYTES


@pytest.mark.parametrize("writers", [1, 2, 3])
def test_who_fills_a_partition_unseen_by_the_others_leaves_the_worst_that_can_be(writers: int) -> None:
    partition, size = Partition(writers), 1024
    for writer in range(writers):
        partition.ask(writer)
        partition.answer(writer)
    first = 0
    while partition.ledgers[first].has_room(size):
        partition.send(first, [size] * 10_000)
        partition.arrive(first, 10_000)
        partition.acknowledge(first)
        partition.ask(first)
        partition.answer(first)
    for writer in range(1, writers):
        partition.send(writer, [size] * 10_000)
    assert partition.unread_bytes == UNREAD_BYTES_MAX + (writers - 1) * UNSEEN_BYTES_MAX
    assert partition.unread_bytes <= KEPT_BYTES


ASKS_ON = """
import sys, threading, time
from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import connection
from adapters.kafka.pacing import Pacing
from adapters.kafka.records import RAW
port, stopping = int(sys.argv[1]), threading.Event()
pacing = Pacing(connection(f"127.0.0.1:{port}", {}, embedded=True), in_flight=lambda: 0)
def ask():
    while not stopping.is_set():
        pacing.refresh(RAW, 0)
asking = [threading.Thread(target=ask) for _ in range(2)]
for thread in asking:
    thread.start()
for life in range(6):
    with EmbeddedBroker(port=port, partitions=1):
        time.sleep(0.7)
    time.sleep(0.1 * (life % 4))
stopping.set()
for thread in asking:
    thread.join()
with EmbeddedBroker(port=port, partitions=1):
    deadline = time.monotonic() + 60
    pacing.refresh(RAW, 0)
    while not pacing.ledger(RAW, 0).has_room(1) and time.monotonic() < deadline:
        pacing.refresh(RAW, 0)
    print(pacing.ledger(RAW, 0).has_room(1))
"""


@pytest.mark.slow
def test_who_asks_outlives_a_broker_that_goes_away() -> None:
    """In a process of its own, which librdkafka may end."""
    command = [sys.executable, "-c", ASKS_ON, str(free_port())]
    asked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
    assert (asked.returncode, asked.stdout) == (0, "True\n"), asked.stderr

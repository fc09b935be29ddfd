"""Whether the stream keeps up with the log, told by what it commits; and what a client hears when it does not."""

import asyncio
import threading
from collections.abc import Mapping
from contextlib import closing

import msgspec
import pytest

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka import headway
from adapters.kafka.connection import STREAM_GROUP, BrokerError, connection
from adapters.kafka.headway import Headway, HeadwayOf
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.reading import commit, consumer
from adapters.kafka.records import RAW, STATE, Outgoing, partition_of
from api.public.board import Board
from api.public.lateness import SEEN_MAX, Lateness, late_after_s, watch
from api.public.live.operations import Subscribe
from api.public.live.session import Session
from tests.api.public.doubles import NOON, Desk, messages
from tests.api.public.test_live_session import FIRST

AFTER_S = 5.0


def late(*looks: tuple[float, int, int]) -> frozenset[int]:
    """Of one partition that was looked at so: the second, what is done, the end."""
    lateness = Lateness()
    for now_s, done, end in looks:
        lateness.take({0: Headway(done=done, end=end)}, now_s)
    return lateness.late(after_s=AFTER_S, now_s=looks[-1][0])


def test_a_dead_stream_is_late_soon_after_something_came() -> None:
    assert not late((0, 7, 7), (100, 7, 7), (101, 7, 8), (106, 7, 8))
    assert late((0, 7, 7), (100, 7, 7), (101, 7, 8), (106.1, 7, 9)) == {0}


def test_a_stream_that_is_always_some_events_behind_is_not_late() -> None:
    assert not late(*[(second, second * 10, second * 10 + 20) for second in range(60)])


def test_a_stream_that_works_but_too_slowly_is_late() -> None:
    assert late(*[(second, second, second * 10) for second in range(1, 20)]) == {0}


def test_a_stream_that_has_caught_up_is_not_late_any_more() -> None:
    assert late((0, 0, 9), (10, 0, 9)) == {0}
    assert not late((0, 0, 9), (10, 0, 9), (11, 9, 9))


def test_after_a_long_outage_it_is_late_until_all_of_it_is_done() -> None:
    outage = [(float(second), 0, second + 1) for second in range(10 * SEEN_MAX)]
    assert late(*outage, (10.0 * SEEN_MAX, SEEN_MAX + 9, 10 * SEEN_MAX)) == {0}
    assert not late(*outage, (10.0 * SEEN_MAX, 10 * SEEN_MAX, 10 * SEEN_MAX))


def test_what_waited_in_a_log_that_is_gone_is_nothing_to_wait_for() -> None:
    assert not late((0, 0, 900), (10, 0, 0))
    assert not late((0, 0, 900), (10, 0, 3))


def test_a_stream_has_time_for_its_epochs() -> None:
    assert late_after_s(0.8) < 6 < late_after_s(60) - 170


def test_only_matches_of_a_late_partition_are_late() -> None:
    board = Desk().board
    assert not board.is_late(FIRST)
    board.tell_late(frozenset({partition_of(FIRST.encode(), 4)}), partitions=4)
    assert [board.is_late(FIRST), board.is_late(other())] == [True, False]
    board.tell_late(frozenset(), partitions=4)
    assert not board.is_late(FIRST)


def other() -> str:
    """A match in another of four partitions."""
    mine = partition_of(FIRST.encode(), 4)
    return next(name for name in map(str, range(99)) if partition_of(name.encode(), 4) != mine)


@pytest.mark.usefixtures("never_silent")
def test_a_late_stream_suspends_and_is_told_in_the_heartbeat() -> None:
    desk = Desk().take(messages()[:200])
    session = Session(desk.board, desk.history, heartbeat_s=60, now=lambda: NOON)
    asyncio.run(session.take(Subscribe(match_id=FIRST)))
    desk.board.tell_late(frozenset({0}), partitions=1)
    session.beat()
    desk.board.tell_late(frozenset(), partitions=1)
    said = [msgspec.json.decode(text) for text in session.due()]
    assert [each["is_feed_alive"] for each in said if each["message"] == "heartbeat"] == [False]
    desk.board.tell_late(frozenset({0}), partitions=1)
    assert [msgspec.json.decode(text)["reason"] for text in session.due()] == ["stream_late"]
    desk.board.tell_late(frozenset(), partitions=1)
    assert [msgspec.json.decode(text)["message"] for text in session.due()] == ["resume"]


class Asked:
    """Answers in turn what it was given, then the last for ever."""

    def __init__(self, *answers: Mapping[int, Headway] | Exception) -> None:
        self._answers = list(answers)
        self.is_closed = False

    def ask(self) -> Mapping[int, Headway]:
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        self.is_closed = True


def watched(board: Board, asked: Asked, *, looks: int, faults: list[Exception] | None = None) -> None:
    """Watch for so many looks, ten seconds apart. It is opened once there is no further fault."""
    seconds = list[float]()

    def opened() -> Asked:
        if faults:
            raise faults.pop()
        return asked

    async def run() -> None:
        def clock() -> float:
            seconds.append(10.0 * len(seconds))
            if len(seconds) == looks:
                watching.cancel()
            return seconds[-1]

        watching = asyncio.create_task(watch(board, opened, after_s=AFTER_S, every_s=0.0, clock=clock))
        await asyncio.wait([watching])

    asyncio.run(run())


@pytest.mark.parametrize("error", [BrokerError("away"), ValueError("a fault")])
def test_what_was_known_stays_while_the_broker_does_not_answer(error: Exception) -> None:
    waiting, done = {0: Headway(done=0, end=1)}, {0: Headway(done=1, end=1)}
    board, asked = Desk().board, Asked(waiting, error, waiting)
    watched(board, asked, looks=3)
    assert board.is_late(FIRST)
    assert asked.is_closed
    watched(board, Asked(waiting, done), looks=3)
    assert not board.is_late(FIRST)


@pytest.mark.slow
def test_it_is_opened_again_until_that_works() -> None:
    board, asked = Desk().board, Asked({0: Headway(done=0, end=1)})
    faults: list[Exception] = [ValueError("a fault"), BrokerError("away")]
    watched(board, asked, looks=3, faults=faults)
    assert (faults, board.is_late(FIRST), asked.is_closed) == ([], True, True)


def test_the_broker_tells_what_the_stream_has_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headway, "_ANSWER_S", 60.0)
    with EmbeddedBroker(partitions=2) as broker:
        to = connection(broker.bootstrap_servers, {}, embedded=True, readers={})
        with closing(HeadwayOf(to, STREAM_GROUP, topic=RAW, stopping=threading.Event())) as asking:
            assert asking.ask() == {0: Headway(done=0, end=0), 1: Headway(done=0, end=0)}
            told = [Outgoing(topic=RAW, key=b"m", value=b"{}")] * 3
            with closing(AcknowledgedProducer(to)) as producer:
                asyncio.run(producer.acknowledged(told, timeout_s=60))
            mine = partition_of(b"m", 2)
            assert asking.ask()[mine] == Headway(done=0, end=3)
            with closing(consumer(to, STREAM_GROUP)) as stream:
                commit(stream, [((RAW, mine), 2)])
            assert asking.ask()[mine] == Headway(done=2, end=3)


@pytest.mark.slow
def test_nothing_is_late_in_a_log_without_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headway, "_ANSWER_S", 60.0)
    with EmbeddedBroker(topics=(STATE,)) as broker:
        to = connection(broker.bootstrap_servers, {}, embedded=True, readers={})
        with closing(HeadwayOf(to, STREAM_GROUP, topic=RAW, stopping=threading.Event())) as asking:
            assert asking.ask() == {}

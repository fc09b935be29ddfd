"""The follower on a real broker: what is published is served; gaps and an absent broker are got over."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress

import msgspec
import pytest

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import BrokerError
from adapters.kafka.origin import Origin
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import Gap, Outgoing, Record
from api.public import desk as public
from api.public import follower
from api.public.away import AwayError
from api.public.follower import Feed, follow, open_tail
from api.public.history import NoHistory, Row
from api.public.store import ClickHouseHistory
from game.messages import Message, StateDelta, StateSnapshot
from game.view import MatchView
from tests.adapters.kafka.unpaced import reached
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages, records

WITHIN_S = 60


@pytest.fixture
def mends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "RECOVER_EVERY_S", 0.01)


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.01)


async def with_following(
    desk: Desk, open_feed: Callable[[], Feed], scene: Callable[[], Coroutine[None, None, None]]
) -> None:
    """Run `scene` (a coroutine function) beside the follower."""
    following = asyncio.create_task(follow(desk.board, desk.history, desk.metrics, open_feed=open_feed))
    try:
        await asyncio.wait_for(scene(), WITHIN_S)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


def seq_of(desk: Desk) -> int:
    found = desk.board.find(match_id())
    return 0 if found is None or not found.view.is_current else found.view.seq


def newest_state(told: Sequence[Message]) -> int:
    return max(m.seq for m in told if isinstance(m, StateDelta | StateSnapshot))


async def publish(producer: AcknowledgedProducer, told: Sequence[Message]) -> None:
    await producer.acknowledged(
        [Outgoing(topic=r.topic, key=r.key, value=r.value) for r in records(told)], timeout_s=WITHIN_S
    )


@pytest.mark.slow
def test_what_is_published_is_served() -> None:
    desk = Desk()
    told = messages()
    with EmbeddedBroker(partitions=2) as broker:
        to = reached(broker)
        producer = AcknowledgedProducer(to)

        async def scene() -> None:
            await publish(producer, told[:400])
            await until(lambda: seq_of(desk) == newest_state(told[:400]))
            await publish(producer, told[400:])
            await until(lambda: seq_of(desk) == newest_state(told) and desk.board.is_fed)

        try:
            asyncio.run(with_following(desk, lambda: open_tail(to, threading.Event()), scene))
        finally:
            producer.close()
    assert 'consumer_lag{partition="0",topic="match-state"}' in desk.ask("/metrics").text
    assert not desk.board.is_fed


def test_the_store_is_read_first() -> None:
    told = messages()
    desk = Desk(KeptHistory(told))

    async def scene() -> None:
        await until(lambda: seq_of(desk) > 0)

    asyncio.run(with_following(desk, Silence, scene))
    assert seq_of(desk) == max(m.seq for m in told if isinstance(m, StateSnapshot))


def test_a_broker_that_is_away_is_waited_for() -> None:
    desk = Desk()
    tries: list[int] = []

    def open_feed() -> Feed:
        tries.append(1)
        if len(tries) < 3:
            raise BrokerError("no broker")
        return Silence()

    async def scene() -> None:
        await until(lambda: desk.board.is_fed)

    asyncio.run(with_following(desk, open_feed, scene))
    assert len(tries) == 3


class Silence:
    """A feed on which nothing comes; `polls` counts how often it was asked."""

    def __init__(self, cluster_id: str = "") -> None:
        self.origin = Origin(cluster_id=cluster_id, topic_ids={})
        self.polls = 0

    def poll(self, timeout_s: float) -> list[Record]:
        self.polls += 1
        return []

    def take_gaps(self) -> list[Gap]:
        return []

    def lag(self) -> dict[tuple[str, int], int]:
        return {}

    def positions(self) -> dict[tuple[str, int], int]:
        return {}

    def done(self, positions: Mapping[tuple[str, int], int]) -> None:
        """There is nothing to forget."""

    def answers(self, timeout_s: float) -> bool:
        return True

    def close(self) -> None:
        """Nothing is held."""


async def goes_on(feed: Silence) -> None:
    """Until the feed has been asked again and again."""
    reached = feed.polls + 20
    await until(lambda: feed.polls > reached)


class Stuck(ClickHouseHistory):
    """A store that takes a question and says nothing before `release`."""

    def __init__(self) -> None:
        super().__init__("http://nowhere")
        self.release = threading.Event()

    def _ask(self, question: str, values: object) -> list[Row]:
        self.release.wait(WITHIN_S)
        raise AwayError("store", "it has said nothing")


def test_who_asks_the_store_a_lot_holds_nobody_up_on_the_topics() -> None:
    history = Stuck()
    desk, feed = Desk(history), Silence()

    async def scene() -> None:
        asked = [asyncio.create_task(history.rows("SELECT 1")) for _ in range(100)]
        await until(lambda: feed.polls > 0)
        try:
            await goes_on(feed)
            assert await asyncio.wait_for(asyncio.to_thread(lambda: True), WITHIN_S)
        finally:
            history.release.set()
            await asyncio.gather(*asked, return_exceptions=True)

    asyncio.run(with_following(desk, lambda: feed, scene))


@pytest.mark.usefixtures("mends_at_once")
def test_a_store_that_hangs_while_a_hole_is_mended_holds_up_nobody() -> None:
    asked, answered = asyncio.Event(), list[str]()

    class Hung(NoHistory):
        async def view(self, match_id: str) -> MatchView | None:
            asked.set()
            await asyncio.sleep(WITHIN_S)
            answered.append(match_id)
            return None

    desk, feed = Desk(Hung()), Silence()
    desk.take([m for m in messages() if isinstance(m, StateDelta)][:1])

    async def scene() -> None:
        await asked.wait()
        await goes_on(feed)
        await until(lambda: desk.board.is_fed)
        assert answered == [], "the store hangs all the while"

    asyncio.run(with_following(desk, lambda: feed, scene))


def test_a_fault_opens_the_topics_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follower, "AFTER_FAULT_S", 0.01)
    desk, opened = Desk(), list[Silence]()

    class Faulty(Silence):
        def poll(self, timeout_s: float) -> list[Record]:
            if len(opened) == 1:
                raise ValueError("a fault of ours")
            return super().poll(timeout_s)

    def open_feed() -> Feed:
        opened.append(Faulty())
        return opened[-1]

    async def scene() -> None:
        await until(lambda: desk.board.is_fed)

    asyncio.run(with_following(desk, open_feed, scene))
    assert len(opened) == 2
    assert "a fault of ours" in caplog.text


def test_a_poll_that_hangs_feeds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "STUCK_S", 0.05)
    desk, may, hangs, hung = Desk(), threading.Event(), threading.Event(), list[bool]()
    may.set()

    class Hanging(Silence):
        def poll(self, timeout_s: float) -> list[Record]:
            if not may.is_set():
                hangs.set()
                may.wait(WITHIN_S)
            return super().poll(timeout_s)

    feed = Hanging()

    async def scene() -> None:
        await until(lambda: desk.board.is_fed)
        may.clear()
        await until(lambda: hangs.is_set() and not desk.board.is_fed)
        polls = feed.polls
        await asyncio.sleep(4 * follower.STUCK_S)
        hung.append(not desk.board.is_fed and feed.polls == polls)
        may.set()
        await until(lambda: desk.board.is_fed)

    asyncio.run(with_following(desk, lambda: feed, scene))
    assert hung == [True]


@pytest.mark.usefixtures("mends_at_once")
def test_a_stored_state_that_cannot_be_taken_keeps_no_other_from_the_board(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither at the start, where a cache has one too, nor while holes are mended."""
    begin = public.Desk.begin

    def faulty(self: public.Desk, view: MatchView) -> None:
        if view.match_id != match_id():
            raise AssertionError(f"a fault of ours with {view.match_id}")
        begin(self, view)

    class Cached(KeptHistory):
        async def recent(self, limit: int) -> list[MatchView]:
            return [MatchView(match_id="of the cache")]

        async def view(self, match_id: str) -> MatchView | None:
            return await super().view(match_id) or MatchView(match_id=match_id)

    told = messages()
    monkeypatch.setattr(public.Desk, "begin", faulty)
    desk = Desk(Cached(told))

    async def scene() -> None:
        await until(lambda: seq_of(desk) > 0)
        hole = [m for m in told if isinstance(m, StateDelta)][-1]
        desk.take([msgspec.structs.replace(hole, match_id="with a hole")])
        await until(lambda: caplog.text.count("a fault of ours with with a hole") > 1)

    asyncio.run(with_following(desk, Silence, scene))
    assert "a fault of ours with of the cache" in caplog.text


@pytest.mark.usefixtures("mends_at_once")
def test_states_that_cannot_be_read_are_told_of_and_the_topics_are_followed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Odd(NoHistory):
        async def views(self, limit: int) -> list[MatchView]:
            raise msgspec.DecodeError("a row of another version")

        async def view(self, match_id: str) -> MatchView | None:
            raise msgspec.DecodeError(f"the state of {match_id}")

    desk, feed = Desk(Odd()), Silence()
    desk.take([m for m in messages() if isinstance(m, StateDelta)][:1])

    async def scene() -> None:
        await until(lambda: match_id() in caplog.text)
        await goes_on(feed)

    asyncio.run(with_following(desk, lambda: feed, scene))
    assert "a row of another version" in caplog.text


def test_a_record_that_cannot_be_taken_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def take_event(self: object, message: object) -> None:
        raise AssertionError("a fault of ours")

    monkeypatch.setattr(public.Desk, "take_event", take_event)
    desk = Desk().take(messages())
    assert seq_of(desk) == newest_state(messages())
    assert "a fault of ours" in caplog.text


@pytest.mark.slow
def test_a_broker_that_goes_away_amid_silence_is_noticed_and_so_is_its_return(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(follower, "ASK_EVERY_S", 0.05)
    desk = Desk()
    with EmbeddedBroker(partitions=2) as broker:
        to = reached(broker)

        async def scene() -> None:
            await until(lambda: desk.board.is_fed)
            broker.go_away()
            await until(lambda: not desk.board.is_fed)
            await asyncio.sleep(2 * follower.ANSWERS_WITHIN_S)
            assert not desk.board.is_fed
            broker.come_back()
            await until(lambda: desk.board.is_fed)

        asyncio.run(with_following(desk, lambda: open_tail(to, threading.Event()), scene))


@pytest.mark.usefixtures("mends_at_once")
def test_a_hole_is_mended_from_the_store() -> None:
    """Everything between the first messages and the newest snapshot is lost."""
    told = messages()
    history = KeptHistory(told)
    desk = Desk(history)
    desk.take(told[:20])
    newest = asyncio.run(history.view(match_id()))
    assert newest is not None
    desk.take([m for m in told if m.seq == newest.seq - 1])
    assert seq_of(desk) == 0

    async def scene() -> None:
        await until(lambda: seq_of(desk) == newest.seq)

    asyncio.run(with_following(desk, Silence, scene))

"""A live feed whose log loses records and is read again, beside a store that is behind or ahead: what clients hear is
whole, never goes back, and is told once."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.public import desk as public
from api.public.graphql.subscription import since, watched
from api.public.live.frames import Channel
from api.public.live.operations import Subscribe
from api.public.live.session import Session
from api.public.live.subscriber import Subscriber
from game.messages import Message, Retraction, StateDelta, StateSnapshot
from tests.api.public.doubles import NOON, Desk, KeptHistory, messages
from tests.api.public.test_live_session import SECOND, Many

CHANNELS: frozenset[Channel] = frozenset({"state", "predictions", "events", "results"})
STATES = StateDelta | StateSnapshot


@cache
def states(level: int) -> dict[int, dict[str, Any]]:
    """The state after each seq."""
    desk, found = Desk(), dict[int, dict[str, Any]]()
    for each in messages(level, 14):
        if isinstance(each, STATES | Retraction):
            desk.take([each])
            held = desk.board.find(each.match_id)
            assert held is not None
            found[held.view.seq] = held.view.state
    return found


class Play:
    """One match with one client: `at` is how far the log has been read, or lost."""

    def __init__(self, level: int) -> None:
        self.told, self.at = messages(level, 14), 0
        self.states = states(level)
        self.desk, self.client = Desk(), Many()
        self.take(1)
        self.session = self.connected(None)

    def connected(self, from_seq: int | None) -> Session:
        session = Session(self.desk.board, self.desk.history, heartbeat_s=60, now=lambda: NOON)
        asyncio.run(session.take(Subscribe(match_id=SECOND, channels=CHANNELS, from_seq=from_seq)))
        return session

    def take(self, count: int) -> None:
        self.desk.take(self.told[self.at : self.at + count])
        self.at += count

    def lose(self, count: int) -> None:
        self.at += count

    def lose_states(self, count: int) -> None:
        """One topic alone loses records."""
        self.desk.take([m for m in self.told[self.at : self.at + count] if not isinstance(m, STATES)])
        self.at += count

    def read_again(self, count: int) -> None:
        self.desk.take(self.told[max(0, self.at - 20 * count) : self.at])

    def ask_store(self, count: int) -> None:
        """One that is behind what was read, or ahead of it."""
        for end in (self.at - count, self.at + count):
            view = asyncio.run(KeptHistory(self.told[: max(1, end)]).view(SECOND))
            if view is not None:
                self.desk.board.put(view)

    @property
    def held(self) -> public.Desk:
        found = self.desk.board.find(SECOND)
        assert found is not None
        return found

    def read_slowly(self, _: int) -> None:
        """Too slowly: what waits is dropped."""
        for subscriber in self.held.subscribers:
            subscriber.fall_behind()

    def connect(self, _: int = 0) -> None:
        """Anew after a cut, by the rules: from where the state stands, if it is whole."""
        known = self.client.matches.get(SECOND)
        start = None if known is None or known.is_waiting else known.seq + 1
        for each in self.client.matches.values():
            each.is_begun = False
        self.session.close()
        self.session = self.connected(start)
        self.client.told.clear()

    def read(self, _: int = 0) -> None:
        """Whatever waits; then the client has what the server has, and waits for nothing if that is whole."""
        for text in self.session.due():
            self.client.take(text)
        view, has = self.held.view, self.client.matches[SECOND]
        assert not (has.is_waiting and view.is_current)
        assert (has.seq, has.state) == (view.seq, view.state)
        assert has.is_waiting or has.state == self.states[has.seq]
        for message in ("delta", "event", "retraction"):
            told = [(frame.get("channel"), frame["seq"]) for frame in self.client.of(message)]
            assert len(told) == len(set(told)), f"a {message} was told twice"


ACTS = [
    Play.take,
    Play.take,
    Play.lose,
    Play.lose_states,
    Play.read_again,
    Play.ask_store,
    Play.read_slowly,
    Play.connect,
    Play.read,
    Play.read,
]


def held(told: Sequence[Message]) -> tuple[Desk, public.Desk]:
    desk = Desk().take(told)
    found = desk.board.find(SECOND)
    assert found is not None
    return desk, found


def with_a_hole(level: int) -> list[Message]:
    """The state before the last three is lost."""
    told = list(messages(level, 14))
    told.remove([m for m in told if isinstance(m, STATES)][-3])
    return told


def listening(desk: public.Desk) -> Subscriber:
    found = Subscriber(channels=CHANNELS, waiting_max=10**6, characters_max=10**9)
    desk.subscribers.add(found)
    return found


def kinds(texts: Iterable[str]) -> list[str]:
    return [msgspec.json.decode(text)["message"] for text in texts]


@pytest.mark.parametrize("level", [0, 3])
def test_a_log_that_is_read_again_tells_nothing_again(level: int) -> None:
    told = messages(level, 14)
    desk, found = held(told)
    client, last = listening(found), found.events.last_seq
    with watched(found, "events") as watcher:
        desk.take(told)
        assert client.take() == []
        assert since(found, watcher, last=last, types=None) == (None, last)


@pytest.mark.parametrize("level", [0, 3])
def test_a_log_that_is_read_again_mends_a_hole_and_goes_never_back(level: int) -> None:
    desk, found = held(with_a_hole(level))
    client, before = listening(found), found.view
    assert not before.is_current
    for each in messages(level, 14):
        desk.take([each])
        assert found.view.seq == before.seq
    assert found.view.is_current
    assert found.view.state == states(level)[before.seq]
    assert kinds(client.take()) == ["snapshot"]


@pytest.mark.usefixtures("never_silent")
def test_what_the_store_mends_is_told_before_the_feed_resumes() -> None:
    told = messages(0, 14)
    newest = [n for n, m in enumerate(told) if isinstance(m, StateSnapshot)][-1]
    play = Play(0)
    play.take(newest - 8)
    play.read()
    play.lose_states(4)
    play.take(2)
    assert kinds(play.session.due())[-1] == "suspend"
    view = asyncio.run(KeptHistory(told[: newest + 1]).view(SECOND))
    assert view is not None
    with watched(play.held, "state") as watcher:
        play.held.begin(view)
        asyncio.run(asyncio.wait_for(watcher.wait(), 60))
    first, *_, last = kinds(play.session.due())
    assert (first, last) == ("snapshot", "resume")
    assert kinds(play.held.resumed_state(view.seq)) == ["snapshot"]
    assert play.held.resumed_state(view.seq + 1) == []


@pytest.mark.slow
@pytest.mark.parametrize("level", [0, 3])
@settings(max_examples=40)
@given(
    begin=st.integers(1, 1500),
    steps=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 60)), max_size=40),
)
def test_a_client_converges_whatever_log_and_store_do(
    level: int, begin: int, steps: list[tuple[Any, int]]
) -> None:
    play = Play(level)
    play.take(begin)
    for act, count in steps:
        act(play, count)
    play.read()
    play.desk.take(play.told)
    play.read()
    assert play.client.matches[SECOND].state == play.states[max(play.states)]


def test_a_wider_retraction_with_the_same_seq_is_told_too_and_once() -> None:
    """What is taken back is followed by nothing that is told anew, and a restore then withdraws more."""
    desk, found = held([each for each in messages(0, 14) if each.seq <= 150])
    client, last = listening(found), found.view.seq
    narrow = Retraction(match_id=SECOND, seq=last + 1, from_seq=last, to_seq=last, reason="a")
    wide = msgspec.structs.replace(narrow, from_seq=last - 20, reason="b")
    for _ in range(2):
        desk.take([narrow, wide])
    told = [msgspec.json.decode(text) for text in client.take()]
    assert [(frame["channel"], frame["reason"]) for frame in told] == [
        (channel, reason) for reason in "ab" for channel in ("events", "state", "predictions")
    ]
    assert found.events.last_seq == last
    assert not [each for each in found.events.since(0) if each.seq in range(last - 20, last + 1)]

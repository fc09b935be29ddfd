"""A connection of the live feed without its socket: what is due to it, in which order, and what it is told of doubt."""

import asyncio
from math import inf
from typing import Any, get_args

import msgspec
import pytest

from api.public.desk import Desk as PublicDesk
from api.public.desk import Sizes
from api.public.live.carrier import END
from api.public.live.frames import Channel
from api.public.live.operations import Subscribe
from api.public.live.session import SILENT_S, Session, doubt
from game.events import OUR_OWN
from game.messages import Prediction, Processed
from game.payloads import Phase
from game.view import MatchView
from models import amendment
from streaming import switching, ticker
from tests.api.public.doubles import NOON, Desk, KeptHistory, messages
from tests.api.public.test_live_session import FIRST, Many

pytestmark = pytest.mark.slow


def test_a_connection_follows_only_so_many_matches() -> None:
    async def run() -> list[str]:
        desk = Desk(KeptHistory(messages()))
        session = Session(desk.board, desk.history, heartbeat_s=60, now=lambda: NOON)
        for number in range(101):
            one = msgspec.structs.replace(messages()[0], match_id=f"m{number}")
            desk.take([one])
            await session.take(Subscribe(match_id=f"m{number}"))
        return [frame["match_id"] for frame in due(session, "refused")]

    assert len(asyncio.run(run())) == 1


def test_a_match_that_is_asked_for_twice_is_followed_once() -> None:
    desk = Desk().take(messages()[:200])
    found, session = followed(desk)
    asyncio.run(session.take(Subscribe(match_id=FIRST)))
    assert len(found.subscribers) == 1
    session.close()
    assert not found.subscribers


def test_a_suspension_tells_the_newest_swing() -> None:
    told = [msgspec.structs.replace(m, swing=0.25) for m in messages()[:200] if isinstance(m, Prediction)]
    desk = Desk().take([*messages()[:100], *told])
    _, session = followed(desk)
    desk.board.is_fed = False
    assert [frame["swing"] for frame in due(session, "suspend")] == [0.25]


def test_our_own_sources_are_those_under_which_the_parts_speak() -> None:
    assert {ticker.SOURCE, switching.SOURCE, amendment.SOURCE} == OUR_OWN


@pytest.mark.parametrize("ours", sorted(OUR_OWN))
def test_what_we_say_ourselves_is_not_the_source_that_speaks_and_its_own_clock_is(ours: str) -> None:
    told = messages()
    tick = next(n for n, m in enumerate(told) if isinstance(m, Processed) and m.type == "clock_tick")
    following = next(n for n, m in enumerate(told) if n > tick and isinstance(m, Processed))
    desk = Desk().take(told[:tick])
    found, session = followed(desk)
    found.heard_s -= 60
    of_ours = told[tick]
    assert isinstance(of_ours, Processed)
    desk.take([msgspec.structs.replace(of_ours, source=ours), *told[tick + 1 : following]])
    assert [frame["reason"] for frame in due(session, "suspend")] == ["source_silent"]
    tick = next(
        n for n, m in enumerate(told) if n > tick and isinstance(m, Processed) and m.type == "clock_tick"
    )
    desk.take(told[tick : tick + 1])
    assert len(due(session, "resume")) == 1


def followed(desk: Desk) -> tuple[Any, Session]:
    """What is held of the first match, and a session that follows it."""
    session = Session(desk.board, desk.history, heartbeat_s=60, now=lambda: NOON)
    asyncio.run(session.take(Subscribe(match_id=FIRST)))
    return desk.board.find(FIRST), session


def due(session: Session, kind: str) -> list[dict[str, Any]]:
    """The frames of this kind among those that wait."""
    found = [msgspec.json.decode(text) for text in session.due() if text != END]
    return [frame for frame in found if frame["message"] == kind]


@pytest.mark.parametrize("from_seq", [None, 0, 40])
def test_what_happens_before_the_opening_is_sent_is_told_once(from_seq: int | None) -> None:
    """The opening is put together when it can be sent, and waits nowhere."""
    channels: frozenset[Channel] = frozenset({"state", "predictions", "events", "results"})

    async def run() -> tuple[Many, int]:
        desk = Desk().take(messages()[:200])
        found = desk.board.find(FIRST)
        assert found is not None
        before, client = found.events.last_seq, Many()
        session = Session(desk.board, desk.history, heartbeat_s=60, now=lambda: NOON)
        await session.take(Subscribe(match_id=FIRST, channels=channels, from_seq=from_seq))
        desk.take(messages()[200:260])
        for text in session.due():
            client.take(text)
        desk.take(messages()[260:300])
        for text in session.due():
            client.take(text)
        assert client.matches[FIRST].seq == found.view.seq
        assert client.matches[FIRST].state == found.view.state
        return client, before + 1 if from_seq is None else from_seq

    client, first = asyncio.run(run())
    of_events = [m.seq for m in messages()[:300] if isinstance(m, Processed) and m.seq >= first]
    assert [frame["seq"] for frame in client.of("event")] == of_events
    predicted = [frame["seq"] for frame in client.of("prediction")]
    assert predicted == sorted(set(predicted))


def test_a_slow_client_is_told_that_it_was_conflated() -> None:
    async def run() -> list[dict[str, Any]]:
        desk = Desk().take(messages()[:200])
        session = Session(desk.board, desk.history, heartbeat_s=60, now=lambda: NOON)
        await session.take(Subscribe(match_id=FIRST))
        assert list(session.due())
        found = desk.board.find(FIRST)
        assert found is not None
        [subscriber] = found.subscribers
        subscriber.fall_behind()
        return [msgspec.json.decode(text) for text in session.due()]

    kinds = [frame["message"] for frame in asyncio.run(run())]
    assert kinds[kinds.index("conflated") :][:3] == ["conflated", "snapshot", "prediction"]


@pytest.mark.parametrize("known", [0, 200])
@pytest.mark.parametrize(("sizes", "heard"), [(Sizes(events=50), {"conflated"}), (Sizes(), {"event"})])
def test_a_client_that_reads_late_hears_all_events_or_that_some_were_dropped(
    known: int, sizes: Sizes, heard: set[str]
) -> None:
    """Also of a match of which no event is known when it asks."""
    told = messages()
    desk = Desk(sizes=sizes).take(told[:known])
    desk.board.put(MatchView(match_id=FIRST))
    session = Session(desk.board, desk.history, heartbeat_s=60, now=lambda: NOON)
    asyncio.run(session.take(Subscribe(match_id=FIRST, channels=frozenset({"events"}), from_seq=None)))
    desk.take(told[known:500])
    client = Many()
    for text in session.due():
        client.take(text)
    assert {frame["message"] for frame in client.told} - {"subscribed", "suspend"} == heard
    if "event" in heard:
        seqs = [m.seq for m in told[known:500] if isinstance(m, Processed)]
        assert [frame["seq"] for frame in client.of("event")] == seqs


def test_an_event_is_told_as_rest_tells_it() -> None:
    desk = Desk().take(messages()[:300])
    session = Session(desk.board, desk.history, heartbeat_s=60, now=lambda: NOON)
    asyncio.run(session.take(Subscribe(match_id=FIRST, channels=frozenset({"events"}), from_seq=0)))
    told = due(session, "event")
    items = desk.ask(f"/api/v1/matches/{FIRST}/events?limit=1000").json()["items"]
    for frame in told:
        del frame["message"], frame["prev_seq"]
    assert told == items
    assert told


def test_doubt_has_a_reason() -> None:
    asked = Desk().take(messages()[:300])
    desk = asked.board.find(FIRST)
    assert desk is not None
    assert doubt(desk, asked.board, silent_s=0) is None
    desk.begin(msgspec.structs.replace(desk.view, seq=desk.view.seq + 1, is_current=False))
    assert doubt(desk, asked.board, silent_s=0) == "state_doubtful"
    asked.board.tell_late(frozenset({0}), partitions=1)
    assert doubt(desk, asked.board, silent_s=0) == "stream_late"
    asked.board.is_fed = False
    assert doubt(desk, asked.board, silent_s=0) == "feed_away"


@pytest.mark.parametrize(
    ("after_s", "phases"),
    [
        (10, {"live", "planted"}),
        (30, {"freeze_time", "round_end"}),
        (60, {"half_time", "overtime", "timeout", "technical_pause"}),
        (900, {"warmup", "knife", "game_over"}),
        (inf, {"abandoned", None}),
    ],
)
def test_a_source_is_silent_after_what_its_phase_gives_it_nothing_to_say(
    after_s: float, phases: set[str | None]
) -> None:
    for phase in phases:
        asked, desk = in_phase({"phase": phase})
        assert doubt(desk, asked.board, silent_s=min(after_s, 1e6)) is None
        silent = doubt(desk, asked.board, silent_s=after_s + 0.1)
        assert silent == (None if after_s == inf else "source_silent")


def test_no_source_is_silent_once_the_series_is_over() -> None:
    asked, desk = in_phase({"phase": "game_over", "is_series_over": True})
    assert doubt(desk, asked.board, silent_s=1e6) is None


def test_every_phase_of_the_game_has_its_silence() -> None:
    assert {*SILENT_S} | {"warmup", "knife", "game_over", "abandoned"} == {*get_args(Phase)}


def in_phase(state: dict[str, Any]) -> tuple[Desk, PublicDesk]:
    asked = Desk().take(messages()[:300])
    desk = asked.board.find(FIRST)
    assert desk is not None
    desk.begin(msgspec.structs.replace(desk.view, seq=desk.view.seq + 1, state=state))
    return asked, desk

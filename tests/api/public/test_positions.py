"""Where everybody is, over the live feed: how many bytes that is, and that every client ends with the same picture."""

import asyncio
import math
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import takewhile
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.public.live.frames import Channel
from api.public.live.operations import Subscribe
from api.public.live.positions import WHOLE_EVERY
from api.public.live.sending import framer
from api.public.live.session import Session
from api.public.live.subscriber import Subscriber
from game.codec import encode
from game.events import RoundStarted
from game.messages import Message, Processed, StateDelta
from game.payloads import PlayerPosition
from game.positions import Picture, picture
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround.client.feed import Feed, PositionsUpdate, StateUpdate
from models.fold import fold_events
from tests.api.public.doubles import NOON, Desk

pytestmark = pytest.mark.slow

HZ = 8
BYTES_A_SECOND = 4096
BOTH: frozenset[Channel] = frozenset({"state", "positions"})
Encoding = Literal["json", "msgpack"]


@cache
def rounds(count: int) -> list[Message]:
    """The first rounds of a match whose ten players are told eight times a second, as they are published."""
    starts = iter(range(count + 1))

    def is_within(event: object) -> bool:
        return not isinstance(event, RoundStarted) or next(starts) < count

    return fold_events(takewhile(is_within, simulate(Setting(seed=7, position_hz=HZ))), None)


def samples(told: Sequence[Message]) -> list[StateDelta]:
    return [each for each in told if isinstance(each, StateDelta) and each.positions]


def span_s(told: Sequence[StateDelta]) -> float:
    return (told[-1].ts_event - told[0].ts_event).total_seconds()


def heard(told: Sequence[Message], *channels: Channel) -> list[str]:
    """All that a client of these channels is sent."""
    desk = Desk().take(told[:1])
    found = desk.board.find(told[0].match_id)
    assert found is not None
    client = Subscriber(channels=frozenset(channels), waiting_max=10**6, characters_max=10**9)
    found.subscribers.add(client)
    desk.take(told[1:])
    return client.take()


def running(count: int) -> list[Message]:
    """Ten players who all run, turn and look up and down at every sample, with ids and coordinates as of a real server:
    more than any round has."""
    match_id = rounds(1)[0].match_id
    return [
        StateDelta(
            match_id=match_id,
            seq=100_000 + 2 * n,
            prev_seq=99_998 + 2 * n,
            ts_event=NOON + timedelta(seconds=n / HZ),
            positions=tuple(runner(who, n) for who in range(10)),
            received_at=NOON,
            processed_at=NOON,
        )
        for n in range(count)
    ]


def runner(who: int, n: int) -> PlayerPosition:
    turn = n / 5 + who
    return PlayerPosition(
        player_id=f"7656119800000000{who}",
        x=round(1500 * math.cos(turn / 6), 3),
        y=round(1500 * math.sin(turn / 6), 3),
        z=round(20 * math.sin(turn), 3),
        yaw_deg=round(170 * math.sin(turn), 3),
        pitch_deg=round(40 * math.cos(turn), 3),
        health=100,
        armor=100,
        money=800,
        weapon="ak47",
        is_alive=True,
        has_bomb=who == 0,
    )


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
@pytest.mark.parametrize("of", ["round", "running"])
def test_positions_stay_under_four_kilobytes_a_second(of: str, encoding: Encoding) -> None:
    told = rounds(1) if of == "round" else running(40 * HZ)
    found = samples(told)
    assert len(found) >= HZ * 30
    assert {len(each.positions) for each in found} == {10}
    frame = framer(encoding)
    size = sum(len(frame(text)) for text in heard(told, "positions"))
    assert size / span_s(found) < BYTES_A_SECOND


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_so_do_they_with_the_deltas_of_the_state_that_they_come_from(encoding: Encoding) -> None:
    found, frame = samples(rounds(1)), framer(encoding)
    seqs = {each.seq for each in found}
    told = [
        text for text in heard(rounds(1), "state", "positions") if msgspec.json.decode(text)["seq"] in seqs
    ]
    assert len(told) == 2 * len(found)
    assert sum(len(frame(text)) for text in told) / span_s(found) < BYTES_A_SECOND


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_a_client_has_each_sample_within_the_rounding(encoding: Encoding) -> None:
    told = rounds(2)
    feed = Feed(encoding)
    feed.ask(Subscribe(match_id=told[0].match_id, channels=frozenset({"positions"})))
    texts = heard(told, "positions")
    pack = str if encoding == "json" else packed
    shown = [update for text in texts for update in feed.take(pack(text))]
    exact = samples(told)
    assert len(shown) == len(exact) > WHOLE_EVERY
    for update, sample in zip(shown, exact, strict=True):
        assert isinstance(update, PositionsUpdate)
        assert update.seq == sample.seq
        players = {each.player_id: each for each in update.players}
        for each in sample.positions:
            placed = players.pop(each.player_id)
            assert max(abs(placed.x - each.x), abs(placed.y - each.y), abs(placed.z - each.z)) <= 0.5
            assert placed.yaw_deg is not None
            assert abs(placed.yaw_deg - each.yaw_deg) <= 0.5
            assert (placed.health, placed.weapon, placed.is_alive) == (
                each.health,
                each.weapon,
                each.is_alive,
            )
        assert not players
    kinds = [msgspec.json.decode(text)["message"] for text in texts]
    assert 1 < kinds.count("positions") < len(kinds) / 50


def packed(text: str) -> bytes:
    return msgspec.msgpack.encode(msgspec.json.decode(text))


def test_the_state_says_nothing_of_positions_and_is_whole_without_them() -> None:
    told = rounds(1)
    feed = Feed()
    feed.ask(Subscribe(match_id=told[0].match_id, channels=frozenset({"state"})))
    begun, played = (Desk().take(part).board.find(told[0].match_id) for part in (told[:1], told))
    assert begun is not None
    assert played is not None
    texts = [*begun.opening_state(), *heard(told, "state")]
    assert not any(msgspec.json.decode(text).get("positions") for text in texts)
    assert "moves" not in {msgspec.json.decode(text)["message"] for text in texts}
    update = [update for text in texts for update in feed.take(text)][-1]
    assert isinstance(update, StateUpdate)
    assert (update.seq, update.state, update.is_current) == (played.view.seq, played.view.state, True)


def test_the_log_of_events_keeps_each_sample_as_it_came() -> None:
    told = rounds(1)
    page = (
        Desk()
        .take(told)
        .ask(f"/api/v1/matches/{told[0].match_id}/events", type="position_sample", limit=1000)
    )
    exact = {m.seq: m for m in told if isinstance(m, Processed) and m.type == "position_sample"}
    items = page.json()["items"]
    assert items
    for each in items:
        assert each["payload"] == msgspec.json.decode(encode(exact[each["seq"]].event.payload))


class Watching:
    """A match whose players come and go, and a client of its positions on a bad line."""

    def __init__(self) -> None:
        self.desk, self.seq = Desk().take(rounds(1)[:1]), rounds(1)[0].seq
        self.match_id = rounds(1)[0].match_id
        self.newest: Picture | None = None
        self.feed = Feed()
        self.feed.ask(Subscribe(match_id=self.match_id, channels=BOTH))
        self.shown: PositionsUpdate | None = None
        self.session = self.connected()

    def connected(self) -> Session:
        session = Session(self.desk.board, self.desk.history, heartbeat_s=60, now=lambda: NOON)
        self.feed.begin()
        for text in self.feed.take_said():
            asyncio.run(session.take(msgspec.json.decode(text, type=Subscribe)))
        return session

    def sample(self, players: Sequence[PlayerPosition]) -> None:
        before, self.seq = self.seq, self.seq + 2
        told = StateDelta(
            match_id=self.match_id, seq=self.seq, prev_seq=before, ts_event=NOON, positions=tuple(players)
        )
        self.desk.take([told])
        self.newest = picture(players) if players else self.newest

    def lose(self, players: Sequence[PlayerPosition]) -> None:
        """A sample that this process never reads."""
        self.seq += 2

    def cut(self, _: object) -> None:
        """What waits is lost with the connection."""
        self.session.close()
        self.session = self.connected()

    def read_slowly(self, _: object) -> None:
        found = self.desk.board.find(self.match_id)
        assert found is not None
        for subscriber in found.subscribers:
            subscriber.fall_behind()

    def read(self, _: object) -> None:
        for text in self.session.due():
            for update in self.feed.take(text):
                self.shown = update if isinstance(update, PositionsUpdate) else self.shown

    def sees(self) -> dict[str, Any]:
        return by_id(self.shown.players if self.shown else ())

    def is_there(self) -> dict[str, Any]:
        return by_id(self.newest or ())


def by_id(players: Picture) -> dict[str, Any]:
    return {each.player_id: each for each in players}


def someone(player_id: str) -> st.SearchStrategy[PlayerPosition]:
    return st.builds(
        PlayerPosition,
        player_id=st.just(player_id),
        x=st.floats(-5000, 5000),
        y=st.just(0.0) | st.floats(-5000, 5000),
        z=st.just(0.0) | st.floats(-500, 500),
        yaw_deg=st.none() | st.floats(-180, 180),
        health=st.sampled_from([None, 0, 64, 100]),
    )


SAMPLES = st.permutations("abc").flatmap(lambda names: st.tuples(*map(someone, names))) | st.lists(
    st.sampled_from("abc").flatmap(someone), max_size=3
).map(tuple)
ACTS = [
    Watching.sample,
    Watching.sample,
    Watching.sample,
    Watching.lose,
    Watching.cut,
    Watching.read_slowly,
    Watching.read,
]


@given(st.lists(st.tuples(st.sampled_from(ACTS), SAMPLES), max_size=30))
def test_whatever_the_line_does_a_client_ends_with_the_newest_picture(
    steps: list[tuple[Any, tuple[PlayerPosition, ...]]],
) -> None:
    play = Watching()
    for act, players in [*steps, (Watching.read, ())]:
        act(play, players)
        if act is Watching.read:
            assert play.sees() == play.is_there()

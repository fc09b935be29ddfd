"""The live feed of many matches: what a client asks, what it gets, and that it ends with the truth whatever happens."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.public.live.frames import RefusedFrame
from api.public.live.operations import Subscribe, operation
from game.finality import decided
from game.messages import Processed, Retraction, StateSnapshot
from game.state import MatchState
from tests.api.public.doubles import Desk, match_id, messages
from tests.api.public.following import WITHIN_S, Client, newest_seqs, published_state, served

pytestmark = pytest.mark.slow

FIRST, SECOND = match_id(), match_id(14)
LOST = 0.05
"""How often records are lost, and read again."""


class Many(Client):
    """Several matches of one connection, each by the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.matches: dict[str, Client] = {}
        self.results: dict[tuple[str, str, str | None, int | None], dict[str, Any]] = {}
        self.events: list[int] = []
        self.told: list[dict[str, Any]] = []

    def take(self, text: str | bytes) -> None:
        frame = msgspec.json.decode(text) if isinstance(text, str) else msgspec.msgpack.decode(text)
        self.told.append(frame)
        message = frame["message"]
        if message in {"snapshot", "delta", "prediction", "retraction"} and frame.get("channel") != "events":
            client = self.matches.setdefault(frame["match_id"], Client())
            getattr(client, f"_{message}")(frame)
        elif message == "event":
            self.events.append(frame["seq"])
        elif message == "retraction":
            self.events = [seq for seq in self.events if not frame["from_seq"] <= seq <= frame["to_seq"]]
        elif message == "conflated":
            self.matches.setdefault(frame["match_id"], Client()).predictions.clear()
        elif message == "result":
            key = (frame["match_id"], frame["horizon"], frame["map_id"], frame["round_no"])
            self.results[key] = frame

    def of(self, message: str) -> list[dict[str, Any]]:
        return [frame for frame in self.told if frame["message"] == message]


def play(desk: Desk, scene: Callable[[str], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served(desk) as base:
            await asyncio.wait_for(scene(base.replace("/matches", "/live")), WITHIN_S)

    asyncio.run(run())


async def ask(socket: ClientConnection, op: str, **members: Any) -> None:
    await socket.send(msgspec.json.encode({"op": op, **members}).decode())


async def read_until(client: Many, socket: ClientConnection, is_done: Callable[[], bool]) -> None:
    while not is_done():
        client.take(await socket.recv())


def both() -> Desk:
    return Desk().take(messages()).take(messages(3, 14))


@cache
def end_of(match: str) -> int:
    """The seq of the last state of a match."""
    told = next(told for told in (messages(), messages(3, 14)) if told[0].match_id == match)
    return newest_seqs(told)[0]


def is_at_the_end(client: Many, match: str) -> bool:
    found = client.matches.get(match)
    return found is not None and found.seq == end_of(match) and not found.is_waiting


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_two_matches_on_one_connection(encoding: str) -> None:
    async def scene(url: str) -> None:
        client = Many()
        async with connect(f"{url}?encoding={encoding}", max_size=None) as socket:
            for each in (FIRST, SECOND):
                await ask(socket, "subscribe", match_id=each)
            await read_until(
                client,
                socket,
                lambda: is_at_the_end(client, FIRST) and is_at_the_end(client, SECOND),
            )
        assert client.matches[FIRST].state == published_state(messages())
        assert client.matches[SECOND].state == published_state(messages(3, 14))
        assert {frame["match_id"] for frame in client.of("subscribed")} == {FIRST, SECOND}

    play(both(), scene)


def test_only_the_channels_that_were_asked_for() -> None:
    told = messages()
    desk = Desk().take(told[:400])

    async def scene(url: str) -> None:
        client = Many()
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id=FIRST, channels=["events"], from_seq=0)
            await read_until(client, socket, lambda: bool(client.of("subscribed")))
            desk.take(told[400:600])
            last = max(m.seq for m in told[400:600])
            await read_until(client, socket, lambda: any(f["seq"] == last for f in client.of("event")))
        kinds = {frame["message"] for frame in client.told}
        assert kinds <= {"subscribed", "event", "heartbeat", "suspend", "resume"}
        seqs = [frame["seq"] for frame in client.of("event")]
        assert seqs == sorted(set(seqs))

    play(desk, scene)


def test_a_match_that_is_left_says_no_more() -> None:
    told = messages()
    desk = Desk().take(told[:300])

    async def scene(url: str) -> None:
        client = Many()
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id=FIRST)
            await read_until(client, socket, lambda: bool(client.of("snapshot")))
            await ask(socket, "unsubscribe", match_id=FIRST)
            await read_until(client, socket, lambda: bool(client.of("unsubscribed")))
            count = len(client.told)
            desk.take(told[300:])
            await read_until(client, socket, lambda: len(client.of("heartbeat")) > 3)
        assert {frame["message"] for frame in client.told[count:]} == {"heartbeat"}
        found = desk.board.find(FIRST)
        assert found is not None
        assert not found.subscribers

    play(desk, scene)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("nonsense", "$"),
        ("[1]", "$"),
        ('{"op":"subscribe"}', "$"),
        ('{"op":"dance","match_id":"m"}', "$.op"),
        ('{"op":"subscribe","match_id":""}', "$.match_id"),
        ('{"op":"subscribe","match_id":"m","channels":["gossip"]}', "$.channels[0]"),
        ('{"op":"subscribe","match_id":"m","channels":["a - at `$.b`"]}', "$.channels[0]"),
        ('{"op":"subscribe","match_id":"m","channels":[]}', "$.channels"),
        ('{"op":"subscribe","match_id":"m","from_seq":-1}', "$.from_seq"),
        ('{"op":"subscribe","match_id":"m","secret":1}', "$"),
        ("[" * 3000, "$"),
        ("x" * 5000, "$"),
    ],
)
def test_what_is_no_operation_is_refused_by_name(text: str, field: str) -> None:
    found = operation(text)
    assert not isinstance(found, Subscribe)
    assert getattr(found, "field", None) == field


@pytest.mark.parametrize(
    ("text", "match_id"),
    [
        ('{"op":"subscribe","match_id":"m","channels":["gossip"]}', "m"),
        ('{"op":"subscribe","match_id":"m","from_seq":"last"}', "m"),
        ('{"op":"subscribe","match_id":"m","secret":1}', "m"),
        ('{"op":"dance","match_id":"m"}', "m"),
        ('{"op":"subscribe","match_id":7}', None),
        ('["m"]', None),
        ('{"match_id":"m"', None),
    ],
)
def test_a_refusal_names_the_match_that_was_asked_about(text: str, match_id: str | None) -> None:
    found = operation(text)
    assert isinstance(found, RefusedFrame)
    assert found.match_id == match_id


def test_who_is_ahead_gets_a_snapshot_and_the_newest_prediction() -> None:
    async def scene(url: str) -> None:
        client = Many()
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id=FIRST, from_seq=999_999)
            await read_until(client, socket, lambda: bool(client.of("prediction")))
        assert [frame["seq"] for frame in client.of("snapshot")] == [end_of(FIRST)]
        assert len(client.of("prediction")) == 1

    play(both(), scene)


def test_an_unknown_match_is_refused_and_the_connection_lives() -> None:
    async def scene(url: str) -> None:
        client = Many()
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id="nobody")
            await ask(socket, "subscribe", match_id=FIRST)
            await read_until(client, socket, lambda: bool(client.of("snapshot")))
        assert client.of("refused")[0]["match_id"] == "nobody"

    play(both(), scene)


async def closed_after(url: str, frames: list[str]) -> int | None:
    """The code that the server closes with when a client says all of this."""
    async with connect(url, max_size=None) as socket:
        with contextlib.suppress(ConnectionClosed):
            for text in frames:
                await socket.send(text)
            while True:
                await socket.recv()
        return socket.close_code


@pytest.mark.parametrize(
    ("frames", "code"),
    [(["nonsense"] * 60, 4400), ([f'{{"op":"unsubscribe","match_id":"{FIRST}"}}'] * 600, 4429)],
    ids=["nonsense", "a flood"],
)
def test_a_client_that_misbehaves_is_shown_out(frames: list[str], code: int) -> None:
    async def scene(url: str) -> None:
        assert await closed_after(url, frames) == code

    play(both(), scene)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("match", [FIRST, SECOND], ids=["a clean feed", "the worst feed"])
def test_a_client_converges_over_a_hostile_network(match: str, seed: int) -> None:
    """Cut anywhere, at any moment, with frames lost that were on their way; it resumes from what it has. Behind the
    server the log loses records, and is read again."""
    told, rng = messages() if match == FIRST else messages(3, 14), random.Random(seed)
    desk = Desk().take(told[:150])

    async def scene(url: str) -> None:
        client, at = Many(), 150
        while not (at >= len(told) and is_at_the_end(client, match)):
            async with connect(url, max_size=None) as socket:
                known = client.matches.get(match)
                is_usable = known is not None and not known.is_waiting
                members = {"from_seq": known.seq + 1} if known is not None and is_usable else {}
                await ask(
                    socket,
                    "subscribe",
                    match_id=match,
                    channels=["state", "predictions", "results"],
                    **members,
                )
                for _ in range(rng.randint(1, 120)):
                    step = rng.randint(0, 12)
                    if rng.random() < LOST:
                        desk.take(told[max(0, at - 100) : at])
                    elif rng.random() >= LOST:
                        desk.take(told[at : at + step])
                    at += step
                    with contextlib.suppress(TimeoutError):
                        client.take(await asyncio.wait_for(socket.recv(), 0.005))
                if at >= len(told):
                    desk.take(told)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(1):
                            await read_until(client, socket, lambda: is_at_the_end(client, match))
                socket.transport.abort()
        found = client.matches[match]
        assert found.state == published_state(told)

    play(desk, scene)


def test_events_that_are_retracted_are_dropped_and_those_left_hold() -> None:
    """A correction is told once on each channel but that of results."""
    told = messages(3, 14)
    void = {seq for m in told if isinstance(m, Retraction) for seq in range(m.from_seq, m.to_seq + 1)}
    desk = Desk().take(told[:100])

    async def scene(url: str) -> None:
        client = Many()
        channels = ["state", "predictions", "events", "results"]
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id=SECOND, channels=channels, from_seq=0)
            await read_until(client, socket, lambda: bool(client.of("event")))
            for at in range(100, len(told), 50):
                desk.take(told[at : at + 50])
                await asyncio.sleep(0)
            last = max(m.seq for m in told if isinstance(m, Processed))
            await read_until(client, socket, lambda: client.events[-1] == last)
        retracted = [(each["channel"], each["seq"]) for each in client.of("retraction")]
        assert {channel for channel, _ in retracted} == {"state", "predictions", "events"}
        assert len(set(retracted)) == len(retracted)
        assert client.events == [m.seq for m in told if isinstance(m, Processed) and m.seq not in void]

    play(desk, scene)


def test_results_follow_the_state() -> None:
    """What the last frame of each key says is what the newest state says, over corrections too."""
    told = messages(3, 14)
    start = next(n for n, m in enumerate(told) if isinstance(m, StateSnapshot)) + 1
    desk = Desk().take(told[:start])

    async def scene(url: str) -> None:
        client = Many()
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id=SECOND, channels=["state", "results"])
            await read_until(client, socket, lambda: bool(client.of("snapshot")))
            for at in range(start, len(told), 50):
                desk.take(told[at : at + 50])
                await asyncio.sleep(0)
            await read_until(client, socket, lambda: is_at_the_end(client, SECOND))
            await read_until(client, socket, lambda: client.told[-1]["message"] == "heartbeat")
        held = {
            key[1:]: (frame["winner_team"], frame["score_a"], frame["score_b"])
            for key, frame in client.results.items()
            if frame["finality"] != "revoked"
        }
        expected = {
            key: (outcome.winner_team, outcome.score_a, outcome.score_b)
            for key, outcome in decided(msgspec.convert(published_state(told), MatchState)).outcomes.items()
        }
        assert held == expected
        assert expected

    play(desk, scene)


@pytest.mark.usefixtures("never_silent")
def test_a_feed_that_goes_away_suspends_and_resumes() -> None:
    desk = both()

    async def scene(url: str) -> None:
        client = Many()
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id=FIRST)
            await read_until(client, socket, lambda: bool(client.of("snapshot")))
            desk.board.is_fed = False
            await read_until(client, socket, lambda: bool(client.of("suspend")))
            desk.board.is_fed = True
            await read_until(client, socket, lambda: bool(client.of("resume")))
        assert client.of("suspend")[0]["reason"] == "feed_away"
        assert client.of("suspend")[0]["swing"] is None

    play(desk, scene)

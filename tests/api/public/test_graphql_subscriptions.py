"""Subscriptions through a real server: the newest state at the client's rate, and nothing kept for slow clients."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from adapters.ports import bind
from api import server
from api.public.desk import Sizes
from api.public.graphql.subscription import EVENTS_MAX, since, turns, watched
from api.public.predictions.resources import PredictionView
from api.public.watcher import Watcher
from game.messages import Message, Processed, Retraction
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages

pytestmark = pytest.mark.slow

WITHIN_S = 60
PROTOCOL = Subprotocol("graphql-transport-ws")
FAST = "maxPerSecond: 50"


def play(desk: Desk, scene: Callable[[str], Awaitable[None]]) -> None:
    async def run() -> None:
        listening = bind("127.0.0.1", 0)
        serving = server.server(desk.app)
        task = asyncio.create_task(serving.serve(sockets=[listening]))
        try:
            url = f"ws://127.0.0.1:{listening.getsockname()[1]}/graphql"
            await asyncio.wait_for(scene(url), WITHIN_S)
        finally:
            desk.board.close()
            serving.should_exit = True
            await asyncio.wait_for(task, WITHIN_S)
            listening.close()

    asyncio.run(run())


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[ClientConnection]:
    async with connect(url, subprotocols=[PROTOCOL], max_size=None) as socket:
        await socket.send('{"type": "connection_init"}')
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, query: str, *, name: str = "1", **payload: Any) -> None:
    told = {"id": name, "type": "subscribe", "payload": {"query": query, **payload}}
    await socket.send(json.dumps(told))


async def told(socket: ClientConnection) -> Any:
    message = json.loads(await socket.recv())
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    return next(iter(message["payload"]["data"].values()))


async def errors(socket: ClientConnection) -> list[dict[str, Any]]:
    message = json.loads(await socket.recv())
    found: list[dict[str, Any]] = (
        message["payload"] if message["type"] == "error" else message["payload"]["errors"]
    )
    return found


async def closing(url: str, *said: str) -> int:
    """The code that the server closes with."""
    async with connect(url, subprotocols=[PROTOCOL]) as socket:
        try:
            for message in said:
                await socket.send(message)
            while True:
                await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 0


def latest(whole: tuple[Message, ...]) -> PredictionView:
    desk = Desk().take(whole).board.find(match_id())
    newest = None if desk is None else desk.predictions.newest()
    assert newest is not None
    return newest.view


def of_match(field: str, fields: str, more: str = FAST) -> str:
    return f'subscription {{ {field}(matchId: "{match_id()}", {more}) {{ {fields} }} }}'


def test_the_newest_prediction_now_and_when_it_is_another() -> None:
    whole = messages()
    half = len(whole) // 2
    desk = Desk().take(whole[:half])
    fields = "tsCalc pTeamAWin pTeamBWin confidence lo hi seq receiptId modelVersion horizon"

    async def scene(url: str) -> None:
        async with opened(url) as socket:
            await say(socket, of_match("predictionUpdated", fields))
            first = await told(socket)
            held = latest(whole[:half])
            assert (first["seq"], first["receiptId"]) == (held.seq, held.receipt_id)
            assert (first["pTeamAWin"], first["horizon"]) == (held.series.p_a, "SERIES")
            desk.take(whole[half:])
            final = latest(whole)
            while (last := await told(socket))["seq"] < final.seq:
                continue
            assert (last["receiptId"], last["confidence"]) == (final.receipt_id, final.series.confidence)

    play(desk, scene)


def test_a_burst_is_one_message() -> None:
    """All that comes within one turn of the event loop is told as its newest state."""
    whole = messages()
    desk = Desk().take(whole[:300])

    async def scene(url: str) -> None:
        async with opened(url) as socket:
            await say(socket, of_match("predictionUpdated", "seq", "maxPerSecond: 0.1"))
            await say(socket, of_match("scoreUpdated", "seq scoreA scoreB"), name="2")
            first, score = await told(socket), await told(socket)
            desk.take(whole[300:])
            while "scoreA" not in (second := await told(socket)):  # the other one's pause may be over
                continue
            found = desk.board.find(match_id())
            assert found is not None
            state = found.view.state["map"]
            assert (second["scoreA"], second["scoreB"]) == (state["score_a"], state["score_b"])
            assert (first["seq"], score["seq"]) < (second["seq"], second["seq"])

    play(desk, scene)


def test_the_score_and_the_lifecycle_are_told_when_they_change() -> None:
    whole = messages()
    desk = Desk().take(whole[:60])

    async def scene(url: str) -> None:
        scores: list[tuple[int, int]] = []
        rounds: list[int] = []
        async with opened(url) as socket:
            await say(socket, of_match("scoreUpdated", "scoreA scoreB"))
            await say(socket, of_match("matchLifecycle", "roundNo phase isSeriesOver"), name="2")
            for at in range(60, len(whole) + 1, 1):
                desk.take(whole[at : at + 1])
                await asyncio.sleep(0)
            final = 0, 2
            while final not in scores or 3 not in rounds:
                message = json.loads(await socket.recv())
                data = message["payload"]["data"]
                if message["id"] == "1":
                    scores.append((data["scoreUpdated"]["scoreA"], data["scoreUpdated"]["scoreB"]))
                else:
                    rounds.append(data["matchLifecycle"]["roundNo"])
        assert len(set(scores)) == len(scores)

    play(desk, scene)


@pytest.mark.parametrize("level", [0, 3])
def test_events_with_what_was_retracted_and_skipped_are_those_that_stand(level: int) -> None:
    """A client that applies what it is told has each valid event that was not skipped, in any rhythm of looks."""
    whole = messages(level)
    for step in (1, 7, 90, 400):
        desk = Desk(sizes=Sizes(events=80)).take(whole[:50])
        found = desk.board.find(match_id())
        assert found is not None
        held: dict[int, str] = {}
        skipped: set[int] = set()
        last = start = found.events.last_seq
        with watched(found, "events") as watcher:
            for at in range(50, len(whole), step):
                desk.take(whole[at : at + step])
                message, last = since(found, watcher, last=last, types=None)
                if message is None:
                    continue
                if message.retracted is not None:
                    void = range(message.retracted.from_seq, message.retracted.to_seq + 1)
                    held = {seq: name for seq, name in held.items() if seq not in void}
                if message.skipped is not None:
                    skipped |= set(range(message.skipped.from_seq, message.skipped.to_seq + 1))
                assert len(message.events) <= EVENTS_MAX
                held |= {event.seq: event.event_id for event in message.events}
        expected = {
            m.seq: m.event_id for m in KeptHistory(whole).told if isinstance(m, Processed) and m.seq > start
        }
        missing = {seq for seq in expected if held.get(seq) != expected[seq]}
        assert missing <= skipped
        assert set(held) <= set(expected) | skipped
        assert bool(skipped) == (step == 400) or level == 3
    assert level == 0 or any(isinstance(m, Retraction) for m in whole)


def test_events_come_by_type_over_the_wire() -> None:
    whole = messages()
    desk = Desk(sizes=Sizes(events=1000)).take(whole[:300])

    async def scene(url: str) -> None:
        async with opened(url) as socket:
            fields = "retracted { fromSeq } skipped { fromSeq } events { seq type }"
            query = of_match("matchEvents", fields, 'types: ["kill"]')
            await say(socket, query)
            found = desk.board.find(match_id())
            assert found is not None
            while not found.watchers:
                await asyncio.sleep(0.005)
            start = found.events.last_seq
            desk.take(whole[300:])
            kills = [m.seq for m in whole if isinstance(m, Processed) and m.type == "kill" and m.seq > start]
            message = await told(socket)
            assert [event["seq"] for event in message["events"]] == kills
            assert message["retracted"] is None

    play(desk, scene)


class Clock:
    """Counts how long somebody wanted to sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, duration_s: float) -> None:
        self.slept.append(duration_s)


def test_between_two_looks_there_is_a_pause() -> None:
    clock = Clock()

    async def scene() -> int:
        watcher, looks = Watcher("state"), 0
        async for _ in turns(watcher, pause_s=0.25, sleep=clock.sleep):
            looks += 1
            watcher.ring()
            watcher.ring()
            if looks == 4:
                watcher.close()
        return looks

    assert asyncio.run(scene()) == 4
    assert clock.slept == [0.25] * 4


def test_who_leaves_is_forgotten() -> None:
    desk = Desk().take(messages())

    async def scene(url: str) -> None:
        found = desk.board.find(match_id())
        assert found is not None
        async with opened(url) as socket:
            await say(socket, of_match("scoreUpdated", "seq"))
            await say(socket, of_match("predictionUpdated", "seq"), name="2")
            await told(socket)
            await told(socket)
            assert len(found.watchers) == 2
            await socket.send('{"id": "1", "type": "complete"}')
            while len(found.watchers) > 1:
                await asyncio.sleep(0.005)
        while found.watchers:
            await asyncio.sleep(0.005)

    play(desk, scene)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('subscription { scoreUpdated(matchId: "nobody") { seq } }', "NOT_FOUND"),
        (of_match("scoreUpdated", "seq", "maxPerSecond: 0"), "INVALID"),
        (of_match("scoreUpdated", "seq", "maxPerSecond: 1000"), "INVALID"),
        (of_match("scoreUpdated", "nothing"), "INVALID"),
        ("{ matches { nodes { id } } }", "HTTP_NEEDED"),
        ("{ __schema { queryType { name } } }", "HTTP_NEEDED"),
        ("subscription {", "INVALID"),
        ("", "INVALID"),
        ("{" + "a{" * 700, "INVALID"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(30)) + " }", "TOO_MUCH"),
    ],
)
def test_errors_are_told_and_the_connection_stays(query: str, code: str) -> None:
    async def scene(url: str) -> None:
        async with opened(url) as socket:
            await say(socket, query)
            found = await errors(socket)
            assert [error["extensions"]["code"] for error in found] == [code]
            assert found[0]["extensions"]["advice"]
            await socket.send('{"type": "ping"}')
            while json.loads(await socket.recv())["type"] != "pong":
                continue

    play(Desk().take(messages()), scene)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("[]", 4400),
        ("{", 4400),
        ("7", 4400),
        ('{"type": 5}', 4400),
        ('{"type": "' + "é" * 500 + '"}', 4400),
        ('{"type": "subscribe"}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": 5}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 5}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}', 4400),
        ('{"type": "subscribe", "id": "' + "x" * 65 + '", "payload": {"query": "{a}"}}', 4400),
        ('{"type": "complete"}', 4400),
        ('{"type": "connection_init"}', 4429),
        ("x" * 70_000, 1009),
    ],
)
def test_what_is_no_message_closes_with_a_code(message: str, code: int) -> None:
    async def scene(url: str) -> None:
        assert await closing(url, '{"type": "connection_init"}', message) == code

    play(Desk(), scene)


def test_before_the_beginning_nothing_is_done() -> None:
    async def scene(url: str) -> None:
        message = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}
        assert await closing(url, json.dumps(message)) == 4401

    play(Desk(), scene)


def test_operations_of_a_connection_are_bounded() -> None:
    async def scene(url: str) -> None:
        async with opened(url) as socket:
            for number in range(21):
                await say(socket, of_match("scoreUpdated", "seq"), name=str(number))
            found = [json.loads(await socket.recv()) for _ in range(21)]
        refused = [message for message in found if message["type"] == "error"]
        assert [message["payload"][0]["extensions"]["code"] for message in refused] == ["TOO_MUCH"]

    play(Desk().take(messages()), scene)


def test_who_subscribes_too_often_is_shown_out() -> None:
    """Also where each is refused, or completed at once."""

    async def scene(url: str) -> None:
        wrong = json.dumps({"id": "1", "type": "subscribe", "payload": {"query": ""}})
        assert await closing(url, '{"type": "connection_init"}', *[wrong] * 501) == 4429

    play(Desk(), scene)

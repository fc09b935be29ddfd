"""What live connections tell is counted, and a plan whose events are used up ends them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api import framed
from api.public.access import ring
from api.public.access.plans import PLANS, Plan
from api.public.access.told import counted
from api.public.access.usage import Tally, Usage
from api.public.desk import Desk as MatchDesk
from api.public.desk import Sizes
from api.public.live import frames
from api.public.live.sending import framer
from tests.api.public.following import WITHIN_S
from tests.api.public.office import OURS, Office, code_of, played

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("never_silent")]

EVENTS = 5
SMALL = Plan(name="trial", rate=1000.0, burst=1000, connections=9, monthly_events=EVENTS)
SUBSCRIBE = '{"op": "subscribe", "match_id": "%s"}'


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The plan `trial` has five events a month."""
    monkeypatch.setattr(ring, "REMEMBERED_S", 0.0)
    monkeypatch.setattr(ring, "PLANS", {**PLANS, "trial": SMALL})
    made = Office(tmp_path)
    yield made
    made.close()


def usage_of(office: Office) -> Usage:
    found = office.desk.app.state.backends.usage
    assert isinstance(found, Usage)
    return found


def told_to(office: Office) -> int:
    """Events in the catalog once all that is counted has been added."""
    asyncio.run(usage_of(office).flush(office.register))
    return sum(row["events"] for row in office.catalog.all("client_usage"))


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_a_frame_is_an_event_unless_it_is_a_heartbeat(encoding: str) -> None:
    tally, out = Tally(), list[bytes]()

    def put(frame: bytes) -> bool:
        out.append(frame)
        return len(out) != 3

    async def send(_: Any) -> None:
        """Nothing is at the other end."""

    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/api/v1/live",
        "extensions": {framed.EXTENSION: put},
    }
    counted(scope, send, tally)
    frame, put_counted = framer(encoding), scope["extensions"][framed.EXTENSION]
    view = MatchDesk("heartbeat" * 14, Sizes()).view
    beat = frames.BeatFrame(ts="", is_feed_alive=True, matches={f"match-{n}": 1 for n in range(99)})
    assert put_counted(frame(frames.encoded(frames.snapshot(view))))
    assert put_counted(frame(frames.encoded(beat)))
    assert not put_counted(frame(frames.encoded(frames.snapshot(view))))
    assert (tally.events, len(out)) == (1, 3)


@pytest.mark.parametrize("id_", [b"", b"id: 7~pass\n"])
def test_a_heartbeat_of_a_stream_is_none_with_an_id_either(id_: bytes) -> None:
    tally = Tally()

    async def send(_: Any) -> None:
        """Nothing is at the other end."""

    async def scene() -> None:
        say = counted({"type": "http", "path": "/api/v1/live/sse"}, send, tally)
        for name in (b"heartbeat", b"snapshot"):
            body = id_ + b"event: " + name + b'\ndata: {"text": "event: heartbeat"}\n\n'
            await say({"type": "http.response.body", "body": body, "more_body": True})

    asyncio.run(scene())
    assert tally.events == 1


def test_connections_end_when_the_events_of_the_month_are_used_and_requests_go_on(office: Office) -> None:
    text = office.key("one", plan="trial")
    told = {"x-api-key": text}

    async def scene(url: str) -> None:
        async with connect(url, additional_headers=told) as socket:
            for _ in range(EVENTS):
                await socket.send(SUBSCRIBE % OURS)
            with suppress(ConnectionClosed):
                while True:
                    await socket.recv()
            assert (socket.close_code, "events" in (socket.close_reason or "")) == (4429, True)
        assert await code_of(url, told) == 4429
        async with httpx.AsyncClient(headers=told, timeout=WITHIN_S) as client:
            base = url.replace("ws:", "http:").removesuffix("/live")
            refused = await client.get(f"{base}/live/sse", params={"match_id": OURS})
            account = await client.get(f"{base}/account")
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:midround:problem:month-used")
        assert refused.headers["ratelimit-policy"].startswith(f'"trial-events";q={EVENTS};')
        assert account.status_code == 200
        assert account.json()["monthly_events"] == EVENTS
        assert account.json()["events_this_month"] >= EVENTS

    played(office, scene)
    assert told_to(office) >= EVENTS
    assert office.status("/api/v1/matches", text) == 200


def test_a_stream_and_subscriptions_of_graphql_are_events_and_heartbeats_are_not(office: Office) -> None:
    told = {"x-api-key": office.key("one")}
    query = f'subscription {{ scoreUpdated(matchId: "{OURS}") {{ seq }} }}'
    asked = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}})

    async def scene(url: str) -> None:
        base, seen = url.replace("ws:", "http:"), list[str]()
        async with (
            httpx.AsyncClient(headers=told, timeout=WITHIN_S) as client,
            client.stream("GET", f"{base}/sse", params={"match_id": OURS, "channels": "state"}) as answer,
        ):
            async for line in answer.aiter_lines():
                seen += [line] if line.startswith("event: ") else []
                if seen.count("event: heartbeat") == 3:
                    break
        others = [line for line in seen if line != "event: heartbeat"]
        assert others == ["event: subscribed", "event: snapshot"]
        graph = url.replace("/api/v1/live", "/graphql")
        protocols = [Subprotocol("graphql-transport-ws")]
        async with connect(graph, additional_headers=told, subprotocols=protocols) as socket:
            await socket.send('{"type": "connection_init"}')
            await socket.send(asked)
            answers = [json.loads(await socket.recv())["type"] for _ in range(2)]
        assert answers == ["connection_ack", "next"]

    played(office, scene)
    assert told_to(office) == 3

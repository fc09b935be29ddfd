"""Connections that last: who may open them, how many, and that they end with the key that they came with."""

import asyncio
import contextlib
import logging
from datetime import timedelta
from typing import Any, NoReturn

import httpx
import pytest
from msgspec import structs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from adapters.cache.allowances import AllowancesHere
from api.public.access import keys, ring, watch
from api.public.access.gate import Gate
from api.public.access.plans import PLANS, Meter
from api.public.access.usage import Usage
from api.public.directory import Directory
from api.public.live.bookmark import pass_of
from api.public.minute import IN_A_MINUTE
from tests.api.public.doubles import NOON
from tests.api.public.following import WITHIN_S
from tests.api.public.office import OURS, THEIRS, Office, code_of, played

pytestmark = pytest.mark.slow


def test_a_socket_asks_for_a_key_or_a_ticket(office: Office) -> None:
    text = office.key("one", matches=[OURS])
    ticket = office.desk.ask("/api/v1/tickets", "POST", headers={"x-api-key": text}).json()["ticket"]
    subscribe = '{"op":"subscribe","match_id":"%s"}'

    async def scene(url: str) -> None:
        assert await code_of(url) == 4401
        assert await code_of(f"{url}?ticket=forged") == 4401
        assert await code_of(f"{url}?ticket={ticket.replace('.', '.1', 1)}") == 4401
        assert "subscribed" in str(await code_of(f"{url}?ticket={ticket}", say=subscribe % OURS))
        assert "subscribed" in str(await code_of(url, {"authorization": f"Bearer {text}"}, subscribe % OURS))
        assert "refused" in str(await code_of(url, {"authorization": f"Bearer {text}"}, subscribe % THEIRS))
        assert await code_of(f"{url.replace('/live', '')}/matches/{THEIRS}/live", {"x-api-key": text}) == 4404

    played(office, scene)


def test_the_log_holds_no_ticket(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    told = {"x-api-key": office.key("one")}
    ticket = office.desk.ask("/api/v1/tickets", "POST", headers=told).json()["ticket"]

    async def scene(url: str) -> None:
        for path in (url, f"{url}/nothing"):
            with contextlib.suppress(InvalidStatus):
                await code_of(f"{path}?ticket={ticket}", say="{}")
        assert await code_of(f"{url}?ticket=forged-{ticket}") == 4401

    with caplog.at_level(logging.DEBUG):
        played(office, scene)
    ours = [record for record in caplog.records if record.name != "websockets.client"]
    assert ticket not in str([record.getMessage() for record in ours])


@pytest.fixture
def asks_at_once(remembers_nothing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "ASKS_EVERY_S", 0.01)


async def ended(url: str, headers: dict[str, str], begun: asyncio.Event) -> int:
    """The close code of a connection that lasts until the server ends it; 0 for a stream that ends."""
    if url.startswith("ws://"):
        async with connect(url, max_size=None, additional_headers=headers) as socket:
            await socket.recv()
            begun.set()
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await socket.recv()
        return socket.close_code or -1
    async with (
        httpx.AsyncClient(timeout=WITHIN_S) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        async for _ in answer.aiter_lines():
            begun.set()
    return 0


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_key_that_ends_ends_its_connections(office: Office, asks_at_once: None, *, how: str) -> None:
    text = office.key("one", expires_at=NOON + timedelta(days=1))
    told, others = {"x-api-key": text}, {"x-api-key": office.key("two")}

    async def scene(url: str) -> None:
        stream = f"{url.replace('ws://', 'http://')}/sse?match_id={OURS}"
        one = f"{url.removesuffix('/live')}/matches/{OURS}/live"
        async with connect(url, additional_headers=others) as other:
            await other.recv()
            begun = [asyncio.Event() for _ in range(3)]
            urls = zip((url, one, stream), begun, strict=True)
            lasting = [asyncio.create_task(ended(each, told, event)) for each, event in urls]
            for event in begun:
                await event.wait()
            if how == "revoked":
                office.clients.revoke("one", who="me", now=NOON)
            else:
                office.now = NOON + timedelta(days=2)
            assert await asyncio.gather(*lasting) == [4401, 4401, 0]
            await other.send(f'{{"op":"subscribe","match_id":"{OURS}"}}')
            assert await other.recv()

    played(office, scene)


def test_a_stream_is_a_connection_too(office: Office) -> None:
    told = {"x-api-key": office.key("one", plan="trial")}

    async def scene(url: str) -> None:
        stream = f"{url.replace('ws://', 'http://')}/sse?match_id={OURS}"
        async with (
            connect(url, additional_headers=told) as socket,
            httpx.AsyncClient(timeout=WITHIN_S, headers=told) as client,
            client.stream("GET", stream) as first,
        ):
            await socket.recv()
            assert first.status_code == 200
            refused = await client.get(stream)
            assert (refused.status_code, refused.json()["type"]) == (429, "urn:midround:problem:too-many")

    played(office, scene)


def test_a_browser_opens_a_stream_with_a_ticket(office: Office) -> None:
    told = {"x-api-key": office.key("one")}
    ticket = office.desk.ask("/api/v1/tickets", "POST", headers=told).json()["ticket"]

    async def scene(url: str) -> None:
        stream = f"{url.replace('ws://', 'http://')}/sse?match_id={OURS}"
        async with httpx.AsyncClient(timeout=WITHIN_S) as client:
            assert (await client.get(stream)).status_code == 401
            async with client.stream("GET", f"{stream}&ticket={ticket}") as answer:
                assert answer.status_code == 200

    played(office, scene)


async def last_id(answer: httpx.Response) -> str:
    """The first id that a stream tells."""
    async for line in answer.aiter_lines():
        if line.startswith("id: "):
            return line.removeprefix("id: ")
    raise AssertionError("the stream tells no id")


@pytest.mark.parametrize("channels", ["state,predictions", "results"])
def test_a_browsers_stream_goes_on_after_its_ticket_is_over(office: Office, channels: str) -> None:
    """By what it sends back of itself: the address as it was, and the last id."""
    told = {"x-api-key": office.key("one")}
    ticket = office.desk.ask("/api/v1/tickets", "POST", headers=told).json()["ticket"]

    async def scene(url: str) -> None:
        stream = f"{url.replace('ws://', 'http://')}/sse?match_id={OURS}&channels={channels}&ticket={ticket}"
        async with httpx.AsyncClient(timeout=WITHIN_S) as client:
            async with client.stream("GET", stream) as answer:
                again = {"last-event-id": await last_id(answer)}
            office.now += timedelta(seconds=keys.TICKET_S + 1)
            assert (await client.get(stream)).status_code == 401
            async with client.stream("GET", stream, headers=again) as answer:
                assert answer.status_code == 200
                again = {"last-event-id": await last_id(answer)}
            other = stream.replace("/live/sse", f"/matches/{OURS}/state")
            assert (await client.get(other, headers=again)).status_code == 401
            office.now += timedelta(seconds=keys.PASS_S + 1)
            assert (await client.get(stream, headers=again)).status_code == 401

    played(office, scene)


def test_a_stream_that_a_key_opened_tells_no_pass(office: Office) -> None:
    told = {"x-api-key": office.key("one")}

    async def scene(url: str) -> None:
        stream = f"{url.replace('ws://', 'http://')}/sse?match_id={OURS}"
        async with (
            httpx.AsyncClient(timeout=WITHIN_S, headers=told) as client,
            client.stream("GET", stream) as answer,
        ):
            assert pass_of(await last_id(answer)) is None

    played(office, scene)


def test_a_plan_has_so_many_connections(office: Office) -> None:
    text = office.key("one", plan="trial")

    async def scene(url: str) -> None:
        told = {"x-api-key": text}
        async with connect(url, additional_headers=told) as one, connect(url, additional_headers=told) as two:
            await one.recv()
            await two.recv()
            assert await code_of(url, told) == 4429
        assert "subscribed" in str(await code_of(url, told, f'{{"op":"subscribe","match_id":"{OURS}"}}'))

    played(office, scene)


def test_a_plan_has_so_many_matches_on_a_connection(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "PLANS", {**PLANS, "trial": structs.replace(PLANS["trial"], matches=0)})
    subscribe = f'{{"op":"subscribe","match_id":"{OURS}"}}'
    trial, standard = (
        {"x-api-key": office.key(name, plan=plan)} for name, plan in (("one", "trial"), ("two", "standard"))
    )

    async def scene(url: str) -> None:
        assert "follows 0 matches already" in str(await code_of(url, trial, subscribe))
        assert "subscribed" in str(await code_of(url, standard, subscribe))

    played(office, scene)


def test_a_socket_is_a_request_of_the_plans_rate(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = structs.replace(PLANS["trial"], rate=0.001, burst=2)
    monkeypatch.setattr(ring, "PLANS", {**PLANS, "trial": slow})
    told, others = ({"x-api-key": office.key(name, plan="trial")} for name in ("one", "two"))

    async def scene(url: str) -> None:
        subscribe = f'{{"op":"subscribe","match_id":"{OURS}"}}'
        for _ in range(2):
            assert "subscribed" in str(await code_of(url, told, subscribe))
        assert await code_of(url, told) == 4429
        assert "subscribed" in str(await code_of(url, others, subscribe))

    played(office, scene)


def test_who_opens_another_socket_may_ask_no_more_than_before(office: Office) -> None:
    told = {"x-api-key": office.key("one")}
    nothing = '{"op":"unsubscribe","match_id":"m"}'

    async def scene(url: str) -> None:
        async with connect(url, additional_headers=told) as socket:
            for _ in range(IN_A_MINUTE):
                await socket.send(nothing)
            answers = 0
            while answers < IN_A_MINUTE:
                answers += "unsubscribed" in str(await socket.recv())
        assert await code_of(url, told, nothing) == 4429
        graph = url.replace("/api/v1/live", "/graphql")
        protocols = [Subprotocol("graphql-transport-ws")]
        async with connect(graph, additional_headers=told, subprotocols=protocols) as socket:
            await socket.send('{"type": "connection_init"}')
            await socket.recv()
            await socket.send('{"type": "subscribe", "id": "1", "payload": {"query": "{a}"}}')
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 4429

    played(office, scene)


def test_who_reads_nothing_is_not_counted_once_his_key_is_revoked(office: Office, asks_at_once: None) -> None:
    """The end cannot be told to him: it waits until the server ends the connection."""
    text, held = office.key("one", plan="trial"), AllowancesHere()
    begun, told = asyncio.Event(), asyncio.Event()

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def receive() -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(_message: Any) -> None:
        told.set()
        await asyncio.Event().wait()

    async def scene() -> str | None:
        known = ring.Ring(Directory(office.url), now=lambda: NOON, now_s=lambda: 0.0)
        gate = Gate(app, ring=known, meter=Meter(held), usage=Usage(lambda: NOON))
        headers = [(b"x-api-key", text.encode())]
        scope = {"type": "websocket", "path": "/api/v1/live", "query_string": b"", "headers": headers}
        async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
            asked = group.create_task(gate(scope, receive, send))
            await begun.wait()
            assert await held.enter(office.clients.client_id("one"), at_most=1) is None
            office.clients.revoke("one", who="me", now=NOON)
            await told.wait()
            asked.cancel()
            return await held.enter(office.clients.client_id("one"), at_most=1)

    assert asyncio.run(scene()) is not None

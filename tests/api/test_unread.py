"""Clients that stop reading, on real sockets: what waits for them is not kept, and their connections end."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import pytest

from adapters.ports import bind
from api import framed, server, unread

pytestmark = pytest.mark.slow

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
WITHIN_S = 60
LARGE = b"x" * 32 * 1024 * 1024
"""More than the system keeps for a socket."""
GET = b"GET / HTTP/1.1\r\nhost: api\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: api\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
CLOSE = b"GET / HTTP/1.1\r\nhost: api\r\nconnection: close\r\n\r\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "TAKES_WITHIN_S", 0.5)


async def with_client(
    app: App,
    said: bytes,
    scene: Callable[[socket.socket, Any], Awaitable[int]],
    *,
    ping_s: float = WITHIN_S,
) -> int:
    """What `scene` finds, with a small client that has `said` something, and the server's state."""
    with bind("127.0.0.1", 0) as listening, socket.socket() as client:
        listening.listen()
        serving = server.server(app)
        serving.config.ws_ping_interval = serving.config.ws_ping_timeout = ping_s
        task = asyncio.create_task(serving.serve(sockets=[listening]))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(WITHIN_S):
                await loop.sock_connect(client, listening.getsockname())
                await loop.sock_sendall(client, said)
                return await scene(client, serving.server_state)
        finally:
            serving.should_exit = True
            await asyncio.wait_for(task, WITHIN_S)


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.01)


async def ended(client: socket.socket, state: Any) -> int:
    """The client came, and nothing is left of it here: how many bytes were on their way to it by then."""
    await until(lambda: bool(state.connections))
    await until(lambda: not state.connections and not state.tasks)
    return await drained(client)


async def drained(client: socket.socket) -> int:
    loop, found = asyncio.get_running_loop(), 0
    with suppress(ConnectionResetError):
        while part := await loop.sock_recv(client, 1 << 20):
            found += len(part)
    return found


async def large(_scope: Scope, _receive: Receive, send: Send) -> None:
    length = (b"content-length", str(len(LARGE)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": LARGE})


async def streaming(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Has no ear for the end, as much of what streams."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1000):
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def filling(scope: Scope, receive: Receive, send: Send) -> None:
    """A live feed to one socket, until it takes no more."""
    await receive()
    await send({"type": "websocket.accept"})
    while scope["extensions"][framed.EXTENSION](framed.text_frame("x" * 10_000)):
        pass


async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
    await filling(scope, receive, send)
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def closing(scope: Scope, receive: Receive, send: Send) -> None:
    await filling(scope, receive, send)
    await send({"type": "websocket.close", "code": 4401})


@pytest.mark.parametrize("said", [GET, CLOSE], ids=["stays", "closes"])
@pytest.mark.parametrize("app", [large, streaming])
def test_an_answer_that_nobody_reads_is_not_kept(app: App, said: bytes) -> None:
    assert 0 < asyncio.run(with_client(app, said, ended)) < len(LARGE)


async def closing_with_little(scope: Scope, receive: Receive, send: Send) -> None:
    """As much as the system keeps for a socket, and some more, but less than what stops the application."""
    await receive()
    await send({"type": "websocket.accept"})
    put = scope["extensions"][framed.EXTENSION]
    transport = put.__self__.transport
    while not transport.get_write_buffer_size():
        put(framed.text_frame("x" * 10_000))
    await send({"type": "websocket.close", "code": 4401})


@pytest.mark.parametrize("app", [filling, waiting, closing, closing_with_little])
def test_a_socket_that_nobody_reads_is_ended(app: App) -> None:
    assert 0 < asyncio.run(with_client(app, UPGRADE, ended)) < len(LARGE)


def test_a_socket_that_answers_no_ping_is_ended_with_what_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unread, "TAKES_WITHIN_S", WITHIN_S)
    assert 0 < asyncio.run(with_client(waiting, UPGRADE, ended, ping_s=0.3)) < len(LARGE)


def test_who_reads_slowly_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It pauses until what it has left was looked at, twice; a look waits for its pause, however late that is."""
    judge, looks, is_pausing = unread.Unread._judge, 0, False

    def in_a_pause(self: unread.Unread, transport: asyncio.Transport, held: int) -> None:
        nonlocal looks
        if is_pausing:
            looks += 1
            judge(self, transport, held)
        else:
            self._waits = asyncio.get_running_loop().call_later(0.01, self._judge, transport, held)

    async def pause() -> None:
        nonlocal is_pausing
        seen, is_pausing = looks, True
        await until(lambda: looks > seen)
        is_pausing = False

    async def scene(client: socket.socket, _state: Any) -> int:
        loop, found = asyncio.get_running_loop(), 0
        while part := await loop.sock_recv(client, 1 << 20):
            found += len(part)
            if found >> 23 > looks < 2:
                await pause()
        return found

    monkeypatch.setattr(unread.Unread, "_judge", in_a_pause)
    assert asyncio.run(with_client(large, CLOSE, scene)) > len(LARGE)
    assert looks == 2

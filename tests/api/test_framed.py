"""Frames that are ready, on real sockets: whole and in order, beside what goes through `send`, to slow clients too."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from adapters.ports import bind
from api import framed, server

pytestmark = pytest.mark.slow

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
WITHIN_S = 60
SIZES = (0, 1, 125, 126, 65_535, 65_536, 300_000)
"""Around the borders of the lengths that a frame can have."""


async def talked(
    app: Callable[[Scope, Receive, Send], Awaitable[None]],
    scene: Callable[[ClientConnection], Awaitable[None]],
) -> None:
    """`scene` with one client of `app`."""
    with bind("127.0.0.1", 0) as listening:
        listening.listen()
        serving = server.server(app)
        task = asyncio.create_task(serving.serve(sockets=[listening]))
        try:
            async with connect(f"ws://127.0.0.1:{listening.getsockname()[1]}/", max_size=None) as client:
                await asyncio.wait_for(scene(client), WITHIN_S)
        finally:
            serving.should_exit = True
            await asyncio.wait_for(task, WITHIN_S)


async def opened(scope: Scope, receive: Receive, send: Send) -> framed.Put:
    await receive()
    await send({"type": "websocket.accept"})
    put: framed.Put = scope["extensions"][framed.EXTENSION]
    return put


def test_frames_of_every_length_come_whole_beside_others() -> None:
    texts = ["é" * (size // 2) + "a" * (size % 2) for size in SIZES]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        put = await opened(scope, receive, send)
        for text in texts:
            for frame in (framed.text_frame(text), framed.binary_frame(text.encode())):
                while not put(frame):
                    await asyncio.sleep(0.001)
            await send({"type": "websocket.send", "text": "between"})
        await receive()

    async def scene(client: ClientConnection) -> None:
        for text in texts:
            assert [await client.recv() for _ in range(3)] == [text, text.encode(), "between"]

    asyncio.run(talked(app, scene))


def test_a_client_that_reads_nothing_is_not_written_to_without_end() -> None:
    """Then `send` waits for it, and all comes in the order in which it was said."""
    said: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        put = await opened(scope, receive, send)
        while put(framed.text_frame(text := f"{len(said)}" + "x" * 10_000)):
            said.append(text)
            assert len(said) < 10_000, "a socket holds no 100 MB"
        said.append("last")
        await send({"type": "websocket.send", "text": "last"})
        await receive()

    async def scene(client: ClientConnection) -> None:
        assert await client.recv() == said[0]
        rest = [str(await client.recv())]
        while rest[-1] != "last":
            rest.append(str(await client.recv()))
        assert rest == said[1:]

    asyncio.run(talked(app, scene))


def test_nothing_is_written_to_one_that_is_closed() -> None:
    found: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        put = await opened(scope, receive, send)
        await send({"type": "websocket.close", "code": 4400})
        found.append(put(framed.text_frame("after the end")))

    async def scene(client: ClientConnection) -> None:
        with pytest.raises(ConnectionClosed):
            await client.recv()

    asyncio.run(talked(app, scene))
    assert found == [False]


def test_nothing_is_written_before_it_is_open() -> None:
    found: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        found.append(scope["extensions"][framed.EXTENSION](framed.text_frame("too early")))
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "first"})
        await receive()

    async def scene(client: ClientConnection) -> None:
        assert await client.recv() == "first"

    asyncio.run(talked(app, scene))
    assert found == [False]

"""WebSockets to which an application can hand ready-made frames: one frame, serialized once, for all sockets that get
it.

Belongs here: the extension of uvicorn's protocol. Does not belong here: what is sent (`api.public.live`).

Framing a message for each socket, and passing it through the server's `send`, costs several times what the socket write
does. Frames from a server are the same for all clients: they are not masked, and not compressed here.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State

from api.unread import Unread

EXTENSION = "midround.frames"
"""Key in the scope's `extensions` of a `Put` function. Other servers lack it; then everything goes through `send`."""
Put = Callable[[bytes], bool]


class Framed(WebSocketsSansIOProtocol):
    """uvicorn's protocol with `put` beside `send`. Whether frames can be written is re-evaluated after every event that
    may change it, rather than per frame: with thousands of clients, the memory that a frame touches per client is out
    of the CPU caches."""

    __slots__ = ("_write",)
    """A slot instead of the instance dictionary, whose lookup touches more memory."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._write: Callable[[bytes], None] | None = None
        self._unread = Unread()
        super().__init__(config, server_state, app_state, _loop)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self.put

    def put(self, frame: bytes) -> bool:
        """Write a whole frame. Returns False if it must go through `send`, which waits while the socket's buffer is
        full and reports a closed socket."""
        write = self._write
        if write is None:
            return False
        write(frame)
        return True

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        self._look()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._look()

    def keepalive_timeout(self) -> None:
        """A client that answers no ping does not read either: without an abort, buffered data would wait forever."""
        super().keepalive_timeout()
        self._look()
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def shutdown(self) -> None:
        super().shutdown()
        self._look()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._look()
        self._unread.forget()

    def _look(self) -> None:
        is_open = (
            self.handshake_complete and self.conn.state is State.OPEN and not self.transport.is_closing()
        )
        self._write = self.transport.write if is_open and self.writable.is_set() else None
        self._unread.look(self.transport, is_stopped=self.close_sent or not self.writable.is_set())


def text_frame(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def binary_frame(content: bytes) -> bytes:
    return Frame(Opcode.BINARY, content).serialize(mask=False)

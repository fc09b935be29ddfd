"""A minimal WebSocket client: the load generator must not be the bottleneck.

Belongs here: the handshake, encoding and decoding of frames. Does not belong here: the messages (`crowd`).

It trusts its server, which is ours: no compression, no fragments, no check of the handshake's key.
"""

import asyncio
from collections.abc import Callable

Hear = Callable[[bytes], None]
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_KEY = "bWlkcm91bmQtYmVuY2gtMQ=="
_NO_MASK = b"\x00\x00\x00\x00"
_END = b"\r\n\r\n"


class SocketError(Exception):
    """The server does not open a WebSocket; the message holds its answer."""


class Socket(asyncio.Protocol):
    """One connection. `hear` gets each message; the futures `opened` and `ended` complete once."""

    def __init__(self, request: bytes, hear: Hear) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._request, self._hear = request, hear
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self.opened.done() and not self._is_open():
            return
        self._take()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(SocketError("the server hung up"))
        if not self.ended.done():
            self.ended.set_result(None)

    def say(self, text: bytes) -> None:
        """Send one text message of at most 65,535 bytes."""
        self._send(TEXT, text)

    def close(self) -> None:
        """Abort the connection without a closing handshake."""
        if self._transport is not None:
            self._transport.abort()

    def _is_open(self) -> bool:
        head, end, rest = self._buffer.partition(_END)
        if not end:
            return False
        self._buffer = rest
        if not head.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(SocketError(head.partition(b"\r\n")[0].decode("latin-1")))
            self.close()
            return False
        self.opened.set_result(None)
        return True

    def _take(self) -> None:
        """Handle all complete frames in the buffer."""
        buffer, at = self._buffer, 0
        while (found := frame_at(buffer, at)) is not None:
            code, start, at = found
            if code in {TEXT, BINARY}:
                self._hear(buffer[start:at])
            elif code == PING:
                self._send(PONG, buffer[start:at])
            elif code == CLOSE:
                self.close()
        self._buffer = buffer[at:]

    def _send(self, code: int, content: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(masked(code, content))


def frame_at(buffer: bytes, at: int) -> tuple[int, int, int] | None:
    """Return opcode, start and end of the payload of the server's frame at `at`; None while it is incomplete."""
    if len(buffer) < at + 2:
        return None
    length, start = buffer[at + 1], at + 2
    if length > 125:
        wide = 2 if length == 126 else 8
        length = int.from_bytes(buffer[start : start + wide], "big")
        if len(buffer) < start + wide:
            return None
        start += wide
    return (buffer[at] & 15, start, start + length) if len(buffer) >= start + length else None


def masked(code: int, content: bytes) -> bytes:
    """Return a client's frame; its mask is all zeros, which leaves the payload unchanged."""
    size = len(content)
    head = (
        bytes((128 | code, 128 | size)) if size < 126 else bytes((128 | code, 254)) + size.to_bytes(2, "big")
    )
    return head + _NO_MASK + content


def request(path: str, port: int, *, protocol: str = "", key: str = "") -> bytes:
    """Return the WebSocket upgrade request for `path`; `protocol` is a subprotocol, `key` one of the API's keys."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-version: 13",
        f"sec-websocket-key: {_KEY}",
        *([f"sec-websocket-protocol: {protocol}"] if protocol else []),
        *([f"authorization: Bearer {key}"] if key else []),
    ]
    return "\r\n".join(lines).encode() + _END


async def connected(request_: bytes, port: int, hear: Hear) -> Socket:
    """Open a WebSocket to this machine's `port`. Raises SocketError, OSError."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(request_, hear), "127.0.0.1", port)
    await socket.opened
    return socket

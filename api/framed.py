"""WebSockets whose applications may hand over frames that are ready: one frame for all sockets that get it.

Belongs here: the extension of uvicorn's protocol. Does not belong here: what is sent (`api.public.live`).

To frame a message for each socket anew, and to go through the server's `send` for it, costs several times what the
socket does. A frame of a server is the same for all its clients: it has no mask, and nothing is compressed here.
"""

from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State

EXTENSION = "midround.frames"
"""In the scope's `extensions`: a `Put`. Another server has none; then everything goes through `send`."""
Put = Callable[[bytes], bool]


class Framed(WebSocketsSansIOProtocol):
    """uvicorn's, with `put` beside `send`."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self.put

    def put(self, frame: bytes) -> bool:
        """Write a whole frame; false where it must go through `send`, which waits for a socket that takes no more for
        now and says of one that is gone that it is."""
        is_open = (
            self.handshake_complete and self.conn.state is State.OPEN and not self.transport.is_closing()
        )
        if not is_open or not self.writable.is_set():
            return False
        self.transport.write(frame)
        return True


def text_frame(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def binary_frame(content: bytes) -> bytes:
    return Frame(Opcode.BINARY, content).serialize(mask=False)

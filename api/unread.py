"""What waits for a client that may have stopped reading: it waits so long, then the connection is ended.

Belongs here: that bound, for both protocols of the server. Does not belong here: how much may wait (the transport's
high-water mark), what a slow reader of a live feed is sent instead (`api.public.live`).
"""

import asyncio

TAKES_WITHIN_S = 30.0
TAKES_BYTES = 64 * 1024
"""What a client must take in that time where so much or more waits for it; else all of it."""


class Unread:
    """Of one connection. `close` of a transport waits for the client, without end; this does not."""

    def __init__(self) -> None:
        self._waits: asyncio.TimerHandle | None = None

    def look(self, transport: asyncio.Transport, *, is_stopped: bool) -> None:
        """To be called after all that may change it. `is_stopped`: nothing more is written until the client reads."""
        if not (is_stopped or transport.is_closing()) or transport.get_write_buffer_size() == 0:
            self.forget()
        elif self._waits is None:
            self._begin(transport)

    def forget(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _begin(self, transport: asyncio.Transport) -> None:
        held = transport.get_write_buffer_size()
        self._waits = asyncio.get_running_loop().call_later(TAKES_WITHIN_S, self._judge, transport, held)

    def _judge(self, transport: asyncio.Transport, held: int) -> None:
        """Nothing was written since `held` bytes waited, so what is missing was taken."""
        self._waits = None
        left = transport.get_write_buffer_size()
        if left > max(0, held - TAKES_BYTES):
            transport.abort()
        elif left:
            self._begin(transport)

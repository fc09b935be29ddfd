"""Bounds how long data wait for a client that may have stopped reading; after that the connection is aborted.

Belongs here: that bound, for both protocols of the server. Does not belong here: how much may wait (the transport's
high-water mark), what a slow reader of a live feed gets instead (`api.public.live`).
"""

import asyncio

TAKES_WITHIN_S = 30.0
TAKES_BYTES = 64 * 1024
"""Bytes that a client must read in that time if at least as many are waiting; otherwise it must read all."""


class Unread:
    """The bound for one connection. A transport's `close` waits for the client without limit; this does not."""

    def __init__(self) -> None:
        self._waits: asyncio.TimerHandle | None = None

    def look(self, transport: asyncio.Transport, *, is_stopped: bool) -> None:
        """Call it after every event that may change the state. `is_stopped`: nothing more is written until the client
        reads."""
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
        """Abort if too little was read. Nothing was written since `held` bytes were waiting, so the difference was
        read."""
        self._waits = None
        left = transport.get_write_buffer_size()
        if left > max(0, held - TAKES_BYTES):
            transport.abort()
        elif left:
            self._begin(transport)

"""HTTP with bounds against slow clients: on the time and size of a request, and on the time to read the response.

Belongs here: bounds before and around a request that the server itself lacks. Does not belong here: bounds on bodies
(`api.intake.bounds`, `api.public.answers`), WebSockets, which have their own, access control.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.unread import Unread

HEAD_WITHIN_S = 10.0
"""From the opening of a connection, or the first byte of a later request, to the end of the headers."""
BODY_WITHIN_S = 60.0
"""From the end of the headers to the end of the body."""
HEAD_BYTES_MAX = 32 * 1024


class Hurried(HttpToolsProtocol):
    """uvicorn's protocol with timers: a client that sends a byte now and then cannot hold its connection longer than
    these."""

    def __init__(self, *told: Any, **named: Any) -> None:
        super().__init__(*told, **named)
        self._late: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._unread = Unread()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(HEAD_WITHIN_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        self._unread.forget()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._wait(None)
        self._unread.forget()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._wait(HEAD_WITHIN_S)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._wait(BODY_WITHIN_S)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._wait(None)
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._look()

    def _look(self) -> None:
        self._unread.look(self.transport, is_stopped=self.flow.write_paused)

    def _count(self, more: int) -> None:
        """Count bytes of the head. Raises ValueError above the limit, which the parser treats as an invalid request: it
        answers 400 and closes."""
        self._head_bytes += more
        if self._head_bytes > HEAD_BYTES_MAX:
            raise ValueError(f"more than {HEAD_BYTES_MAX} bytes of headers")

    def _wait(self, seconds: float | None) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

"""Carries what waits to the sockets of this process, without a task that wakes for each of them.

Belongs here: whose turn it is, and a socket that takes no more for now. Does not belong here: what is said (`session`),
encodings (`endpoints`).

To wake a task costs nearly as much as to send a frame, and most sockets take theirs at once. So one task serves all of
them in turn; only where a send has to wait, because its client reads slowly, a task of its own waits for it.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Iterator
from itertools import chain
from typing import Any

from starlette.websockets import WebSocketDisconnect

LOGGER = logging.getLogger("midround.api")
AT_ONCE = 32
"""Sockets that are served in a row before everything else gets its turn."""
GONE = (WebSocketDisconnect, RuntimeError)
"""The client has left, or the socket is closed: whoever reads from it hears of it."""
END = ""
"""In the place of a text: close the socket, the client may come again."""
Due = Callable[[], Iterable[str]]
Send = Callable[[str], Coroutine[Any, Any, None]]
Frame = Callable[[str], bytes]
Put = Callable[[bytes], bool]
"""Whether the socket has taken a frame at once; a text whose frame it has not goes through `Send`."""


class Outlet:
    """One socket: `due` gives what is to be sent now, `put` sends the frame of a text, `send` a text. For one event
    loop."""

    __slots__ = ("_carrier", "_due", "_frame", "_is_called", "_is_closed", "_put", "_send", "_waiting")

    def __init__(self, carrier: "Carrier", due: Due, *, frame: Frame, put: Put, send: Send) -> None:
        self._carrier, self._due, self._send = carrier, due, send
        self._frame, self._put = frame, put
        self._is_called = self._is_closed = False
        self._waiting: asyncio.Task[None] | None = None

    def set(self) -> None:
        """Something is new: it is looked for when this socket's turn comes, once for all that is new by then."""
        if not self._is_called and self._waiting is None and not self._is_closed:
            self._is_called = True
            self._carrier.call(self)

    def close(self) -> None:
        """Send nothing any more."""
        self._is_closed = True
        if self._waiting is not None:
            self._waiting.cancel()

    def serve(self) -> None:
        """Send what is due, as much of it as the socket takes at once; a task of its own sends the rest."""
        self._is_called = False
        if self._is_closed:
            return
        try:
            texts = iter(self._due())
            for text in texts:
                try:
                    if text != END and self._put(self._frame(text)):
                        continue
                    work = self._send(text)
                    awaited = work.send(None)
                except StopIteration:
                    continue
                except GONE:
                    self._is_closed = True
                    return
                self._waiting = asyncio.create_task(self._finish(Rest(work, awaited), texts))
                return
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns one client
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Show this socket out, which may come again: the others go on."""
        LOGGER.error("what is due to a client cannot be told", exc_info=error)
        self._is_closed = True
        self._waiting = asyncio.create_task(self._end())

    async def _end(self) -> None:
        with contextlib.suppress(*GONE):
            await self._send(END)

    async def _finish(self, begun: Awaitable[None], texts: Iterator[str]) -> None:
        try:
            for work in chain((begun,), (self._send(text) for text in texts)):
                try:
                    await work
                except GONE:
                    self._is_closed = True
                    return
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns one client
            self._fail(error)
            return
        self._waiting = None
        self.set()


class Carrier:
    """The sockets that have something to send, in the order of their calls. For one event loop."""

    def __init__(self) -> None:
        self._called: deque[Outlet] = deque()
        self._round: asyncio.Task[None] | None = None

    def call(self, outlet: Outlet) -> None:
        """Serve `outlet` once those before it have been."""
        self._called.append(outlet)
        if self._round is None:
            self._round = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        """All that have called, and those that call meanwhile; it ends when nobody waits."""
        count = 0
        while self._called:
            self._called.popleft().serve()
            count += 1
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)
        self._round = None


class Rest:
    """The rest of `work`, which was begun outside of a task and waits for `awaited`; for a task to await."""

    def __init__(self, work: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._work, self._awaited = work, awaited

    def __await__(self) -> Generator[Any, Any, None]:
        """Pass on to the task what `work` waits for, and to `work` what comes of it."""
        awaited = self._awaited
        with contextlib.suppress(StopIteration):
            while True:
                try:
                    got = yield awaited
                except BaseException as error:  # noqa: BLE001 - whatever the task is thrown is the work's
                    awaited = self._work.throw(error)
                else:
                    awaited = self._work.send(got)

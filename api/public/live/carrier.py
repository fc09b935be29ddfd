"""Sends pending frames on all sockets of this process, without waking a task per socket.

Belongs here: scheduling, and sockets that cannot send at once. Does not belong here: the frames (`session`), encodings
(`endpoints`).

Waking a task costs nearly as much as sending a frame, and most sockets accept theirs at once. So one task serves all of
them in turn; only if a send has to wait, because the client reads slowly, a separate task waits for it.
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
"""Sockets served in a row before other tasks get the event loop."""
GONE = (WebSocketDisconnect, RuntimeError)
"""The client has left, or the socket is closed; the task that reads from the socket handles it."""
END = ""
"""In place of a text: close the socket, after which the client may reconnect."""
Due = Callable[[], Iterable[str]]
Send = Callable[[str], Coroutine[Any, Any, None]]
Frame = Callable[[str], bytes]
Put = Callable[[bytes], bool]
"""Whether the socket accepted a frame at once; if not, its text goes through `Send`."""


class Outlet:
    """One socket: `due` returns the pending texts, `frame` builds the frame of a text, `put` sends a frame at once if
    possible, `send` sends a text. Use it on one event loop only."""

    __slots__ = ("_carrier", "_due", "_frame", "_is_called", "_is_closed", "_put", "_send", "_waiting")

    def __init__(self, carrier: "Carrier", due: Due, *, frame: Frame, put: Put, send: Send) -> None:
        self._carrier, self._due, self._send = carrier, due, send
        self._frame, self._put = frame, put
        self._is_called = self._is_closed = False
        self._waiting: asyncio.Task[None] | None = None

    def set(self) -> None:
        """Signal that something is new. The socket is served when its turn comes, once for everything new by then."""
        if not self._is_called and self._waiting is None and not self._is_closed:
            self._is_called = True
            self._carrier.call(self)

    def close(self) -> None:
        """Stop sending."""
        self._is_closed = True
        if self._waiting is not None:
            self._waiting.cancel()

    def serve(self) -> None:
        """Send the pending texts, as many as the socket accepts at once; a separate task sends the rest."""
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
        except Exception as error:  # noqa: BLE001 - any error concerns this client only
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Close this socket after an error; the client may reconnect. Other sockets are not affected."""
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
        except Exception as error:  # noqa: BLE001 - any error concerns this client only
            self._fail(error)
            return
        self._waiting = None
        self.set()


class Carrier:
    """The sockets with something to send, in the order of their calls. Use it on one event loop only."""

    def __init__(self) -> None:
        self._called: deque[Outlet] = deque()
        self._round: asyncio.Task[None] | None = None

    def call(self, outlet: Outlet) -> None:
        """Serve `outlet` after those queued before it."""
        self._called.append(outlet)
        if self._round is None:
            self._round = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        """Serve all queued outlets, including those queued meanwhile; end when the queue is empty."""
        count = 0
        while self._called:
            self._called.popleft().serve()
            count += 1
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)
        self._round = None


class Rest:
    """The rest of `work`, a coroutine started outside a task that is waiting for `awaited`; a task can await it."""

    def __init__(self, work: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._work, self._awaited = work, awaited

    def __await__(self) -> Generator[Any, Any, None]:
        """Yield to the task what `work` waits for, and pass the outcome on to `work`."""
        awaited = self._awaited
        with contextlib.suppress(StopIteration):
            while True:
                try:
                    got = yield awaited
                except BaseException as error:  # noqa: BLE001 - whatever is thrown into the task belongs to the work
                    awaited = self._work.throw(error)
                else:
                    awaited = self._work.send(got)

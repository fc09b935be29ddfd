"""The live feed over WebSocket, blocking and asyncio: opened, read, and reopened after a disconnect.

Belongs here: connections, when to open the next one. Does not belong here: the meaning of frames (`feed`), REST
(`rest`).
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import msgspec
from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from api.public.live.frames import Channel, RefusedFrame
from api.public.live.operations import Subscribe, Unsubscribe
from api.public.live.subscriber import USUAL
from midround.client.feed import Encoding, Feed, Update
from midround.client.refusals import of_close, of_match, of_upgrade
from midround.waiting import asked_s

SILENCE_S = 15.0
"""Three heartbeats: a connection without a frame for this long counts as dead."""
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Longest pause before each attempt to reconnect; the last value repeats. The actual pause is random, from half of
it."""
ASKED_MOST_S = 60.0
"""Upper bound on the pause that the server may ask for."""
CROWDED = 4429
"""Close code for too many connections or operations: reconnecting soon would make it worse."""
CUT = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError)
FRAME_MAX = 16 * 1024 * 1024
CLOSE_WITHIN_S = 1.0
"""A closing client does not wait for unread frames."""


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """The API's URL, and the headers of every connection."""

    url: str
    headers: Mapping[str, str]

    def live(self, encoding: Encoding) -> str:
        """Return the URL of the live feed."""
        parts = urlsplit(self.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        path = f"{parts.path.rstrip('/')}/api/v1/live"
        return urlunsplit((scheme, parts.netloc, path, f"encoding={encoding}", ""))


class Retrying:
    """Computes the pause before the next connection."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance, self._attempts = chance, 0

    def heard(self) -> None:
        """A frame arrived: start the pauses over after the next disconnect."""
        self._attempts = 0

    def pause_s(self, error: Exception) -> float:
        """Return the seconds to wait after this disconnect. Raises ApiError if reconnecting cannot help."""
        closed = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd is not None else 0
        answer = error.response if isinstance(error, InvalidStatus) else None
        refused = of_close(closed) if answer is None else of_upgrade(answer)
        if refused is not None:
            raise refused from error
        asked = 0.0 if answer is None else asked_s(answer.headers.get("retry-after"), datetime.now(UTC))
        last = len(PAUSES_S) - 1
        pause_s = PAUSES_S[last if closed == CROWDED else min(self._attempts, last)]
        self._attempts += 1
        return max(pause_s * (1 + self._chance()) / 2, min(asked, ASKED_MOST_S))


class Live:
    """Matches on one connection that is resumed after every disconnect; iterate over it for updates, without end.
    Raises ApiError if the API refuses the connection."""

    def __init__(
        self,
        door: Door,
        *,
        encoding: Encoding,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._door, self._sleep, self._retrying = door, sleep, Retrying(chance)
        self._feed = Feed(encoding)
        self._socket: Connection | None = None

    def subscribe(
        self, match_id: str, channels: Collection[Channel] = USUAL, *, from_seq: int | None = None
    ) -> None:
        """Subscribe to a match, also during the iteration. `from_seq` is the first seq wanted; without it a snapshot
        comes first."""
        self._feed.ask(Subscribe(match_id=match_id, channels=frozenset(channels), from_seq=from_seq))
        self._say()

    def unsubscribe(self, match_id: str) -> None:
        """Unsubscribe from a match."""
        self._feed.ask(Unsubscribe(match_id=match_id))
        self._say()

    def __iter__(self) -> Iterator[Update]:
        while True:
            try:
                url, told = self._door.live(self._feed.encoding), self._door.headers
                with connect(
                    url, additional_headers=told, max_size=FRAME_MAX, close_timeout=CLOSE_WITHIN_S
                ) as socket:
                    self._socket = socket
                    self._feed.begin()
                    while True:
                        self._say()
                        heard = socket.recv(timeout=SILENCE_S)
                        self._retrying.heard()
                        yield from self._feed.take(heard)
            except CUT as error:
                pause_s = self._retrying.pause_s(error)
            finally:
                self._socket = None
            self._sleep(pause_s)

    def _say(self) -> None:
        """Send pending operations. A disconnect is handled where frames are read, and every match is subscribed to
        again then."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                for text in self._feed.take_said():
                    self._socket.send(text)


class AsyncLive:
    """`Live` for asyncio. It is in `followed` while it is iterated over, so that its owner can close it: an event loop
    closes an abandoned iteration only if it runs long enough."""

    def __init__(
        self,
        door: Door,
        *,
        encoding: Encoding,
        followed: "set[AsyncLive]",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._door, self._sleep, self._retrying = door, sleep, Retrying(chance)
        self._feed = Feed(encoding)
        self._socket: AsyncConnection | None = None
        self._followed, self._is_over = followed, False
        self._saying = asyncio.Lock()

    async def subscribe(
        self, match_id: str, channels: Collection[Channel] = USUAL, *, from_seq: int | None = None
    ) -> None:
        """Subscribe to a match, also during the iteration. `from_seq` is the first seq wanted; without it a snapshot
        comes first."""
        self._feed.ask(Subscribe(match_id=match_id, channels=frozenset(channels), from_seq=from_seq))
        await self._say()

    async def unsubscribe(self, match_id: str) -> None:
        """Unsubscribe from a match."""
        self._feed.ask(Unsubscribe(match_id=match_id))
        await self._say()

    async def __aiter__(self) -> AsyncIterator[Update]:
        self._followed.add(self)
        try:
            while not self._is_over:
                try:
                    async with contextlib.aclosing(self._connection()) as updates:
                        async for update in updates:
                            yield update
                except CUT as error:
                    pause_s = self._retrying.pause_s(error)
                    if not self._is_over:
                        await self._sleep(pause_s)
        finally:
            self._followed.discard(self)

    async def _connection(self) -> AsyncGenerator[Update, None]:
        """Yield the updates of one connection."""
        url, told = self._door.live(self._feed.encoding), self._door.headers
        opening = connect_async(
            url, additional_headers=told, max_size=FRAME_MAX, close_timeout=CLOSE_WITHIN_S
        )
        try:
            async with opening as socket:
                self._socket = socket
                self._feed.begin()
                while not self._is_over:
                    await self._say()
                    heard = await asyncio.wait_for(socket.recv(), SILENCE_S)
                    self._retrying.heard()
                    for update in self._feed.take(heard):
                        yield update
        finally:
            self._socket = None

    async def aclose(self) -> None:
        """Close the connection and end the iteration, whether it runs in another task or was abandoned."""
        self._is_over = True
        if self._socket is not None:
            await self._socket.close()

    async def _say(self) -> None:
        """Send pending operations. A disconnect is handled where frames are read, and every match is subscribed to
        again then."""
        async with self._saying:
            if self._socket is not None:
                with contextlib.suppress(ConnectionClosed):
                    for text in self._feed.take_said():
                        await self._socket.send(text)


def had(update: Update) -> Update:
    """Return the update of a match that is followed alone. Raises ApiError if the API does not have the match."""
    if isinstance(update, RefusedFrame):
        raise of_match(update.match_id or "", update.reason)
    return update

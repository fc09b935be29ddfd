"""One client of one match: a bounded queue that is conflated, never grown.

Belongs here: what waits for one client. Does not belong here: sockets, what is said.
"""

import asyncio
from typing import Protocol

from api.public.live.frames import Channel

WAITING_MAX = 512
WAITING_CHARACTERS_MAX = 1024 * 1024
USUAL: frozenset[Channel] = frozenset({"state", "predictions"})
_SHARED: dict[frozenset[Channel], frozenset[Channel]] = {}
"""Clients that ask for the same channels share one set: it is looked at for each of them at every frame."""


class Bell(Protocol):
    """Who is told that something is new."""

    def set(self) -> None: ...


class Subscriber:
    """Texts of `channels` that wait for one client. Above its bounds all that waits is dropped and `is_behind` says so:
    the client then gets the newest snapshot instead. `changed` may be shared by the subscribers of a connection, which
    then waits elsewhere. For one event loop."""

    __slots__ = (
        "_changed",
        "_characters",
        "_characters_max",
        "_waiting",
        "_waiting_max",
        "channels",
        "is_behind",
        "is_closed",
    )
    """With thousands of clients, what one of them touches for a frame is out of the processor's caches."""

    def __init__(
        self,
        *,
        channels: frozenset[Channel] = USUAL,
        waiting_max: int = WAITING_MAX,
        characters_max: int = WAITING_CHARACTERS_MAX,
        changed: Bell | None = None,
    ) -> None:
        self.channels = _SHARED.setdefault(channels, channels)
        self._waiting: list[str] = []
        self._waiting_max = waiting_max
        self._characters_max = characters_max
        self._characters = 0
        self._changed = changed or asyncio.Event()
        self.is_behind = False
        self.is_closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, text: str) -> None:
        """Put `text` behind what waits. Nothing is put to a client that is behind."""
        if self.is_behind:
            return
        self._waiting.append(text)
        self._characters += len(text)
        if len(self._waiting) > self._waiting_max or self._characters > self._characters_max:
            self.fall_behind()
        self._changed.set()

    def fall_behind(self) -> None:
        """Drop what waits: the client needs a snapshot."""
        self._drop()
        self.is_behind = True
        self._changed.set()

    def close(self) -> None:
        """Nothing more will come."""
        self.is_closed = True
        self._changed.set()

    def catch_up(self) -> None:
        """The client has been given a snapshot that holds all that was said so far."""
        self._drop()
        self.is_behind = False

    async def wait(self, timeout_s: float) -> bool:
        """Whether there is something to do before `timeout_s` have passed."""
        changed = self._changed
        assert isinstance(changed, asyncio.Event), "who shares a bell waits for it elsewhere"
        try:
            async with asyncio.timeout(timeout_s):
                await changed.wait()
        except TimeoutError:
            return False
        changed.clear()
        return True

    def take(self) -> list[str]:
        """All that waits, in order."""
        texts = self._waiting
        self._drop()
        return texts

    def _drop(self) -> None:
        self._waiting = []
        self._characters = 0

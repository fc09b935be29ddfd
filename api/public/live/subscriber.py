"""One client of one match: a bounded queue that is conflated instead of growing.

Belongs here: the frames that wait for one client. Does not belong here: sockets, what is sent.
"""

import asyncio
from typing import Protocol

from api.public.live.frames import Channel

WAITING_MAX = 512
WAITING_CHARACTERS_MAX = 1024 * 1024
USUAL: frozenset[Channel] = frozenset({"state", "predictions"})
_SHARED: dict[frozenset[Channel], frozenset[Channel]] = {}
"""Clients with the same channels share one set object, which is read for each of them at every frame."""


class Bell(Protocol):
    """Signals that something is new."""

    def set(self) -> None: ...


class Subscriber:
    """Texts of `channels` that wait for one client. Above the limits all of them are dropped and `is_behind` is set:
    the client then gets the newest snapshot instead. `changed` may be shared by the subscribers of a connection, which
    then waits elsewhere. Use it on one event loop only."""

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
    """Slots keep the object small: with thousands of clients, the memory read per client and frame misses the CPU
    caches."""

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
        """Queue `text`, unless the client has fallen behind."""
        if self.is_behind:
            return
        self._waiting.append(text)
        self._characters += len(text)
        if len(self._waiting) > self._waiting_max or self._characters > self._characters_max:
            self.fall_behind()
        self._changed.set()

    def fall_behind(self) -> None:
        """Drop the queued texts: the client needs a snapshot."""
        self._drop()
        self.is_behind = True
        self._changed.set()

    def close(self) -> None:
        """Signal that nothing more will come."""
        self.is_closed = True
        self._changed.set()

    def catch_up(self) -> None:
        """Reset after the client was given a snapshot that covers everything published so far."""
        self._drop()
        self.is_behind = False

    async def wait(self, timeout_s: float) -> bool:
        """Wait; return whether something is new before `timeout_s` have passed."""
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
        """Return all queued texts, in order, and clear the queue."""
        texts = self._waiting
        self._drop()
        return texts

    def _drop(self) -> None:
        self._waiting = []
        self._characters = 0

"""Caches one answer that is the same for all clients.

Belongs here: how long it is kept, and sharing one computation among all waiting calls. Does not belong here: what is
computed (`feeds.queries`), authorization (`access.grants`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

KEPT_S = 60.0
T = TypeVar("T")


class Remembered(Generic[T]):
    """One answer, kept for `kept_s`. An error is raised in all waiting calls and not kept. Use it on one event loop
    only."""

    def __init__(self, kept_s: float = KEPT_S, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._kept_s, self._now_s = kept_s, now_s
        self._kept: tuple[float, T] | None = None
        self._under_way: asyncio.Task[T] | None = None

    async def answer(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the cached answer, else the result of `ask`. A caller that is cancelled does not cancel the
        computation for others. Raises what `ask` raises."""
        if self._kept is not None and self._now_s() - self._kept[0] < self._kept_s:
            return self._kept[1]
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._asked(ask))
            self._under_way.add_done_callback(_noticed)
        return await asyncio.shield(self._under_way)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        found = await ask()
        self._kept = (self._now_s(), found)
        return found


def _noticed(task: "asyncio.Task[T]") -> None:
    """Retrieve the exception, so that the event loop does not report an error that no caller awaits any more."""
    if not task.cancelled():
        task.exception()

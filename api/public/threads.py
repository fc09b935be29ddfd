"""Threads in which one part of what is behind the API is asked: so many questions of it at a time, and no more.

Belongs here: that who asks one part a lot does not keep another waiting, above all the live feed, as in asyncio's own
threads, which all share. Does not belong here: what is asked.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.public.history import HistoryAwayError

T = TypeVar("T")
WAITS_S = 5.0
"""A question that no thread was free for so long is refused: where what is asked hangs, all before it do."""


class Threads:
    """At most `count` of them, begun when they are needed; they end with the object and with the process. With
    `waits_s` None all wait as long as it takes."""

    def __init__(
        self,
        name: str,
        count: int,
        *,
        waits_s: float | None = WAITS_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = ThreadPoolExecutor(count, name)
        self._waits_s, self._clock = waits_s, clock

    async def run(self, act: Callable[[], T]) -> T:
        """What `act` says, in a thread, when one is free. Raises HistoryAwayError where that took too long."""
        asked_s = self._clock()

        def in_time() -> T:
            if self._waits_s is not None and self._clock() - asked_s > self._waits_s:
                raise HistoryAwayError("too many questions wait for an answer")
            return act()

        return await asyncio.get_running_loop().run_in_executor(self._pool, in_time)

"""Threads in which one part of what is behind the API is asked: so many questions of it at a time, and no more.

Belongs here: that who asks one part a lot does not keep another waiting, above all the live feed, as in asyncio's own
threads, which all share. Does not belong here: what is asked.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.public.away import AwayError, Part

T = TypeVar("T")
WAITS_S = 5.0
"""A question that no thread was free for so long is refused: where what is asked hangs, all before it do."""
ANSWERS_S = 5.0
"""Who asks waits no longer than this in all, whether for a turn or an answer."""


class Threads:
    """At most `count` of them, begun when they are needed; they end with the object and with the process. They ask
    `part`, which an error of theirs names. With
    `waits_s` or `answers_s` None it is waited as long as it takes."""

    def __init__(
        self,
        name: str,
        count: int,
        *,
        part: Part,
        waits_s: float | None = WAITS_S,
        answers_s: float | None = ANSWERS_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._part: Part = part
        self._pool, self._count = ThreadPoolExecutor(count, name), count
        self._waits_s, self._answers_s, self._clock = waits_s, answers_s, clock
        self._begun: dict[int, float] = {}

    async def run(self, act: Callable[[], T]) -> T:
        """What `act` says, in a thread, when one is free. Raises AwayError where that took too long, or will: an
        act that hangs keeps its thread, and what would wait for it as well is not even queued."""
        if self._all_hang():
            raise AwayError(self._part, "all that was asked before hangs")
        asked_s = self._clock()

        def in_time() -> T:
            if self._waits_s is not None and self._clock() - asked_s > self._waits_s:
                raise AwayError(self._part, "too many questions wait for an answer")
            return self._done(act)

        try:
            async with asyncio.timeout(self._answers_s) as limit:
                return await asyncio.get_running_loop().run_in_executor(self._pool, in_time)
        except TimeoutError:
            if limit.expired():
                raise AwayError(self._part, "there was no answer in time") from None
            raise

    def _done(self, act: Callable[[], T]) -> T:
        thread = threading.get_ident()
        self._begun[thread] = self._clock()
        try:
            return act()
        finally:
            del self._begun[thread]

    def _all_hang(self) -> bool:
        """Whether every thread is at an act that nobody waits for any more."""
        if self._answers_s is None:
            return False
        last_s = self._clock() - self._answers_s
        return sum(begun_s < last_s for begun_s in list(self._begun.values())) >= self._count

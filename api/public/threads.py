"""Threads in which one part of what is behind the API is asked: so many questions of it at a time, and no more.

Belongs here: that who asks one part a lot does not keep another waiting, above all the live feed, as in asyncio's own
threads, which all share. Does not belong here: what is asked.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """At most `count` of them, begun when they are needed; they end with the object and with the process."""

    def __init__(self, name: str, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, name)

    async def run(self, act: Callable[[], T]) -> T:
        """What `act` says, in a thread, when one is free."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)

"""The order in which operations of a live connection are processed.

Belongs here: which operation waits for which. Does not belong here: executing them (`session`), parsing them
(`operations`).
"""

import asyncio
from collections import deque

from api.public.live.frames import RefusedFrame
from api.public.live.operations import Operation
from api.public.live.session import Session


class Line:
    """Operations of one connection that need the store run one after another; later operations on the same matches wait
    for them. All others run at once, so that what memory can answer never waits for the store. Use it on one event loop
    only."""

    def __init__(self, session: Session, tasks: asyncio.TaskGroup) -> None:
        self._session, self._tasks = session, tasks
        self._waiting: deque[Operation] = deque()
        self._task: asyncio.Task[None] | None = None

    async def take(self, asked: Operation | RefusedFrame) -> None:
        """Process the operation now, or when its turn comes."""
        if isinstance(asked, RefusedFrame) or not self._has_to_wait(asked):
            await self._session.take(asked)
            return
        self._waiting.append(asked)
        if self._task is None or self._task.done():
            self._task = self._tasks.create_task(self._serve())

    def close(self) -> None:
        """Drop the waiting operations."""
        if self._task is not None:
            self._task.cancel()

    def _has_to_wait(self, asked: Operation) -> bool:
        is_behind = any(each.match_id == asked.match_id for each in self._waiting)
        return is_behind or self._session.needs_store(asked)

    async def _serve(self) -> None:
        while self._waiting:
            await self._session.take(self._waiting[0])
            self._waiting.popleft()

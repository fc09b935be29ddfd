"""What a client of the live feed asks, in the order in which it can be done.

Belongs here: which operation waits for which. Does not belong here: doing them (`session`), reading them
(`operations`).
"""

import asyncio
from collections import deque

from api.public.live.frames import RefusedFrame
from api.public.live.operations import Operation
from api.public.live.session import Session


class Line:
    """Operations of one connection that need the store, one after another, and those after them of the same matches.
    All others are done at once: what memory can answer waits for no store. For one event loop."""

    def __init__(self, session: Session, tasks: asyncio.TaskGroup) -> None:
        self._session, self._tasks = session, tasks
        self._waiting: deque[Operation] = deque()
        self._task: asyncio.Task[None] | None = None

    async def take(self, asked: Operation | RefusedFrame) -> None:
        """Do it now, or when its turn comes."""
        if isinstance(asked, RefusedFrame) or not self._has_to_wait(asked):
            await self._session.take(asked)
            return
        self._waiting.append(asked)
        if self._task is None or self._task.done():
            self._task = self._tasks.create_task(self._serve())

    def close(self) -> None:
        """Do none of those that wait."""
        if self._task is not None:
            self._task.cancel()

    def _has_to_wait(self, asked: Operation) -> bool:
        is_behind = any(each.match_id == asked.match_id for each in self._waiting)
        return is_behind or self._session.needs_store(asked)

    async def _serve(self) -> None:
        while self._waiting:
            await self._session.take(self._waiting[0])
            self._waiting.popleft()

"""Sends due deliveries: many lanes concurrently, one delivery at a time in each, so that no lane waits for another's
target.

Belongs here: deliveries in flight, their limits, recording outcomes. Does not belong here: the request (`posting`), the
schedule (`schedule`), the order within a lane (`adapters.catalog.outbox`).

A delivery is settled after the response: a process killed in between sends it again under the same id.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from msgspec import Struct, structs

from adapters.catalog.changes import CatalogAwayError
from adapters.catalog.outbox import Attempt, Due, Lane
from adapters.metrics import Metrics
from api.grants import is_granted
from api.outbox.schedule import Answer, Schedule

LOGGER = logging.getLogger("midround.outbox")
LOOK_EVERY_S, PAUSE_S = 0.5, 1.0
NOT_GRANTED = "the match is not granted to this client any more"

Post = Callable[[Due], Awaitable[Answer]]


class Queue(Protocol):
    """The part of the outbox that is used here."""

    def due(self, now: datetime, *, limit: int, without: Collection[str] = ()) -> list[Due]: ...

    def settle(self, delivery_id: str, attempt: Attempt) -> None: ...


class Limits(Struct, frozen=True, kw_only=True):
    """Maximum deliveries in flight, in total and per webhook."""

    at_once: int = 256
    of_webhook: int = 8


class Sender:
    """For one event loop. `chance` returns random numbers from 0 to 1."""

    def __init__(
        self,
        queue: Queue,
        post: Post,
        *,
        schedule: Schedule,
        measured: Metrics,
        now: Callable[[], datetime],
        chance: Callable[[], float],
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue, self._post, self._schedule = queue, post, schedule
        self._measured, self._now, self._chance = measured, now, chance
        self._limits, self._clock = limits or Limits(), clock
        self._under_way: set[Lane] = set()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Check for due deliveries now."""
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled; the next process sends again whatever is in flight then."""
        async with asyncio.TaskGroup() as flights:
            while True:
                self._woken.clear()
                while await self._look(flights):
                    pass
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._woken.wait()

    async def _look(self, flights: asyncio.TaskGroup) -> bool:
        """Start due deliveries. Returns whether to look again at once: if the page was full, one webhook at its limit
        may have filled it. Busy lanes are skipped: their first delivery may have changed, if an older one was queued
        again."""
        busy = set(self._under_way)
        room = self._limits.at_once - len(busy)
        if room <= 0:
            return False
        page = await self._due(room + len(busy))
        free = [due for due in page if due.lane not in busy and self._has_room(due)]
        begun = [flights.create_task(self._send(due)) for due in free]
        return bool(begun) and len(page) == room + len(busy)

    async def _due(self, limit: int) -> list[Due]:
        counts = Counter(webhook_id for webhook_id, _ in self._under_way)
        full = [webhook_id for webhook_id, count in counts.items() if count >= self._limits.of_webhook]
        try:
            return await asyncio.to_thread(self._queue.due, self._now(), limit=limit, without=full)
        except CatalogAwayError as error:
            LOGGER.warning("nothing is sent at present: %s", error)
            return []

    def _has_room(self, due: Due) -> bool:
        """Count the delivery as in flight, if there is room."""
        of_webhook = sum(webhook_id == due.webhook_id for webhook_id, _ in self._under_way)
        is_room = of_webhook < self._limits.of_webhook and len(self._under_way) < self._limits.at_once
        if is_room:
            self._under_way.add(due.lane)
        return is_room

    async def _send(self, due: Due) -> None:
        try:
            attempt = await self._attempt(due)
            await self._settle(due.delivery_id, attempt)
            self._tell(due, attempt)
        finally:
            self._under_way.remove(due.lane)
            self.wake()

    async def _attempt(self, due: Due) -> Attempt:
        """Send a delivery and return the outcome. It is not sent if its client may no longer see the match."""
        if due.match_id is not None and not is_granted(due.match_id, due.matches):
            now = self._now()
            return Attempt(at=now, status="dead", due_at=now, error=NOT_GRANTED)
        begun_s = self._clock()
        answer = await self._answer(due)
        found = self._schedule.after(due, answer, now=self._now(), chance=self._chance())
        return structs.replace(found, duration_ms=round((self._clock() - begun_s) * 1000))

    async def _answer(self, due: Due) -> Answer:
        """Return the target's answer. An unexpected error of one delivery must not end the others."""
        try:
            return await self._post(due)
        except Exception:
            self._measured.error("webhook").inc()
            LOGGER.exception("a delivery could not be sent", extra={"delivery_id": due.delivery_id})
            return Answer(error="an error of the sender")

    async def _settle(self, delivery_id: str, attempt: Attempt) -> None:
        """Retry until the catalog has the outcome: the lane does not advance before."""
        while True:
            try:
                await asyncio.to_thread(self._queue.settle, delivery_id, attempt)
                return
            except CatalogAwayError as error:
                LOGGER.warning("what came of a delivery is not kept yet: %s", error)
                await asyncio.sleep(PAUSE_S)

    def _tell(self, due: Due, attempt: Attempt) -> None:
        """Log the outcome, without secrets and without the URL, which may hold a token."""
        self._measured.ingestion_events.labels(f"webhook-{attempt.status}").inc()
        if attempt.status == "dead":
            of = {"webhook_id": due.webhook_id, "delivery_id": due.delivery_id}
            LOGGER.warning("given up after %d attempts: %s", due.attempts + 1, attempt.error, extra=of)

"""What clients ask, counted in this process and added to the catalog every few seconds; the month's limit of a plan.

Belongs here: counts that are not kept yet, sums of the month as last read. Does not belong here: rates and connections
at a time (`plans`), SQL (`adapters.catalog.usage`).

Every process adds what it counted and reads what all have: a client may pass its limit by what comes in between. Counts
of a process that is killed are lost since it last added them.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from api.public.access.plans import Plan
from api.public.away import AwayError
from api.public.register import Register

if TYPE_CHECKING:
    from adapters.catalog.usage import Used

LOGGER = logging.getLogger("midround.api")
EVERY_S = 5.0
Kind = Literal["requests", "connections", "refused"]
Counts = dict[str, dict[date, dict[str, int]]]
"""By client and day (UTC)."""


class Usage:
    """For one event loop."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._fresh: Counts = {}
        self._on_the_way: Counts = {}
        self._kept: dict[str, tuple[date, int]] = {}

    def count(self, client_id: str, kind: Kind) -> None:
        """One more of that kind."""
        _put(self._fresh, client_id, day=self._today(), counts={kind: 1})

    def of_month(self, client_id: str) -> int:
        """Requests and connections of a client in this month, as far as this process knows."""
        this_month = self.month()
        month, kept = self._kept.get(client_id, (this_month, 0))
        ours = sum(
            counts.get("requests", 0) + counts.get("connections", 0)
            for each in (self._fresh, self._on_the_way)
            for day, counts in each.get(client_id, {}).items()
            if day >= this_month
        )
        return ours + (kept if month == this_month else 0)

    def is_used_up(self, client_id: str, plan: Plan) -> bool:
        """Whether the plan has nothing left in this month."""
        return plan.monthly is not None and self.of_month(client_id) >= plan.monthly

    def month(self) -> date:
        """The first day of the month that it is."""
        return self._today().replace(day=1)

    def begins_again(self) -> datetime:
        """When the next month begins."""
        following = (self.month() + timedelta(days=32)).replace(day=1)
        return datetime.combine(following, time.min, UTC)

    def _today(self) -> date:
        return self.now().astimezone(UTC).date()

    async def flush(self, register: Register) -> None:
        """Add what was counted, and learn what all have; counts that cannot be added wait for the next time."""
        if not self._fresh:
            return
        self._on_the_way, self._fresh = self._fresh, {}
        month, told = self.month(), _rows(self._on_the_way)
        try:
            totals = await register.see_through(lambda catalog: catalog.usage().add(told, month=month))
        except AwayError as error:
            LOGGER.warning("usage waits to be added: %s", error)
            self._take_back()
        except Exception:
            LOGGER.exception("usage waits to be added after an error of ours")
            self._take_back()
        else:
            self._learn(totals, month)

    async def flush_until(
        self, stopping: asyncio.Event, register: Register, *, every_s: float = EVERY_S
    ) -> None:
        """Flush every few seconds, and once more at the end. Not to be cancelled: what is on its way would be lost."""
        while not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), every_s)
            await self.flush(register)

    def _learn(self, totals: Mapping[str, int], month: date) -> None:
        self._on_the_way = {}
        self._kept = {of: told for of, told in self._kept.items() if told[0] == month}
        self._kept |= {client_id: (month, total) for client_id, total in totals.items()}

    def _take_back(self) -> None:
        for client_id, days in self._on_the_way.items():
            for day, counts in days.items():
                _put(self._fresh, client_id, day=day, counts=counts)
        self._on_the_way = {}


def _put(to: Counts, client_id: str, *, day: date, counts: Mapping[str, int]) -> None:
    of_day = to.setdefault(client_id, {}).setdefault(day, {})
    for kind, count in counts.items():
        of_day[kind] = of_day.get(kind, 0) + count


def _rows(counts: Counts) -> "list[Used]":
    from adapters.catalog.usage import Used

    return [
        Used(client_id=client_id, day=day, **of)
        for client_id, days in counts.items()
        for day, of in days.items()
    ]

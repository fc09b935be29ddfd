"""What clients ask and are told, counted in this process and added to the catalog every few seconds; the month's limits
of a plan.

Belongs here: counts that are not kept yet, sums of the month as last read. Does not belong here: what of a live feed is
an event (`told`), rates and connections at a time (`plans`), SQL (`adapters.catalog.usage`).

Every process adds what it counted and reads what all have: a client may pass its limit by what comes in between. Counts
of a process that is killed are lost since it last added them.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from api.public.access.plans import Plan
from api.public.away import AwayError
from api.public.register import Register

if TYPE_CHECKING:
    from adapters.catalog.usage import Total, Used

LOGGER = logging.getLogger("midround.api")
EVERY_S = 5.0
Kind = Literal["requests", "connections", "refused", "events"]
Counts = dict[str, dict[date, dict[str, int]]]
"""By client and day (UTC)."""


class Tally:
    """How many events one client was told that are in no other count yet: to count one is to add 1."""

    __slots__ = ("events",)

    def __init__(self) -> None:
        self.events = 0


class Spent(Struct, frozen=True, kw_only=True):
    """What a plan has nothing left of in this month: of `limit` of it."""

    of: Literal["requests and connections", "events"]
    limit: int


class Usage:
    """For one event loop."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._fresh: Counts = {}
        self._on_the_way: Counts = {}
        self._kept: dict[str, tuple[date, Total]] = {}
        self._tallies: dict[str, Tally] = {}

    def count(self, client_id: str, kind: Kind) -> None:
        """One more of that kind."""
        _put(self._fresh, client_id, day=self._today(), counts={kind: 1})

    def tally(self, client_id: str) -> Tally:
        """Where the events of a client are counted, the same one for all its connections."""
        return self._tallies.setdefault(client_id, Tally())

    def of_month(self, client_id: str) -> int:
        """Requests and connections of a client in this month, as far as this process knows."""
        kept = self._total(client_id)
        return self._ours(client_id, "requests", "connections") + (0 if kept is None else kept.asked)

    def events_of_month(self, client_id: str) -> int:
        """The same of the events that its live feeds told it."""
        kept, tally = self._total(client_id), self._tallies.get(client_id)
        counted = self._ours(client_id, "events") + (0 if tally is None else tally.events)
        return counted + (0 if kept is None else kept.events)

    def spent(self, client_id: str, plan: Plan, *, is_live: bool) -> Spent | None:
        """What the plan has nothing left of; events count where somebody is to be told some. Null: there is some."""
        if plan.monthly is not None and self.of_month(client_id) >= plan.monthly:
            return Spent(of="requests and connections", limit=plan.monthly)
        return self.events_spent(client_id, plan) if is_live else None

    def events_spent(self, client_id: str, plan: Plan) -> Spent | None:
        """The same of events alone: what an open connection needs."""
        limit = plan.monthly_events
        if limit is None or self.events_of_month(client_id) < limit:
            return None
        return Spent(of="events", limit=limit)

    def _total(self, client_id: str) -> "Total | None":
        """What all processes had when it was last read; null where it was not in this month."""
        month, kept = self._kept.get(client_id, (None, None))
        return kept if month == self.month() else None

    def _ours(self, client_id: str, *kinds: Kind) -> int:
        this_month = self.month()
        return sum(
            counts.get(kind, 0)
            for each in (self._fresh, self._on_the_way)
            for day, counts in each.get(client_id, {}).items()
            if day >= this_month
            for kind in kinds
        )

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
        self._take_tallies()
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
        await self.flush(register)

    def _take_tallies(self) -> None:
        for client_id, tally in self._tallies.items():
            if tally.events:
                _put(self._fresh, client_id, day=self._today(), counts={"events": tally.events})
                tally.events = 0

    def _learn(self, totals: "Mapping[str, Total]", month: date) -> None:
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

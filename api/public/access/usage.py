"""Usage by clients, counted in this process and added to the catalog every few seconds, and the monthly limits of
plans.

Belongs here: counts that are not stored yet, monthly totals as last read. Does not belong here: what counts as an event
(`told`), rates and concurrent connections (`plans`), SQL (`adapters.catalog.usage`).

Every process adds its counts and reads the totals of all, so a client may exceed its limit by what is used in between.
A killed process loses its counts since it last added them.
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
    """Events sent to one client that are not in another count yet; counting one just adds 1."""

    __slots__ = ("events",)

    def __init__(self) -> None:
        self.events = 0


class Spent(Struct, frozen=True, kw_only=True):
    """The monthly limit of a plan that is used up."""

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
        """Count one of that kind."""
        _put(self._fresh, client_id, day=self._today(), counts={kind: 1})

    def tally(self, client_id: str) -> Tally:
        """Return the event counter of a client, shared by all its connections."""
        return self._tallies.setdefault(client_id, Tally())

    def of_month(self, client_id: str) -> int:
        """Return the client's requests and connections of this month, as far as this process knows."""
        kept = self._total(client_id)
        return self._ours(client_id, "requests", "connections") + (0 if kept is None else kept.asked)

    def events_of_month(self, client_id: str) -> int:
        """The same for the events of its live feeds."""
        kept, tally = self._total(client_id), self._tallies.get(client_id)
        counted = self._ours(client_id, "events") + (0 if tally is None else tally.events)
        return counted + (0 if kept is None else kept.events)

    def spent(self, client_id: str, plan: Plan, *, is_live: bool) -> Spent | None:
        """Return the limit that is used up, or None; events matter only for a live connection."""
        if plan.monthly is not None and self.of_month(client_id) >= plan.monthly:
            return Spent(of="requests and connections", limit=plan.monthly)
        return self.events_spent(client_id, plan) if is_live else None

    def events_spent(self, client_id: str, plan: Plan) -> Spent | None:
        """The same for events alone, as an open connection needs it."""
        limit = plan.monthly_events
        if limit is None or self.events_of_month(client_id) < limit:
            return None
        return Spent(of="events", limit=limit)

    def _total(self, client_id: str) -> "Total | None":
        """Return the total of all processes as last read; None if not read this month."""
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
        """Return the first day of the current month."""
        return self._today().replace(day=1)

    def begins_again(self) -> datetime:
        """Return when the next month begins."""
        following = (self.month() + timedelta(days=32)).replace(day=1)
        return datetime.combine(following, time.min, UTC)

    def _today(self) -> date:
        return self.now().astimezone(UTC).date()

    async def flush(self, register: Register) -> None:
        """Add the counts to the catalog and read the totals; counts that cannot be added wait for the next time."""
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
        """Flush every `every_s` seconds, and once more at the end. Do not cancel it: counts in transit would be
        lost."""
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

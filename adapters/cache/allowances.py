"""Clients' usage of their limits: requests by rate, connections by number. The port, and the in-process implementation.

Belongs here: counting. Does not belong here: the limits (`api.public.access.plans`), Redis (`redis`).
"""

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

from adapters.cache.newest import CacheAwayError

CLIENTS_MAX = 10_000
LEASE_S, RENEWED_S = 60, 20
"""Seconds for which a shared count keeps a connection that is not renewed, and the interval at which this process
renews its own."""


class Allowances(ABC):
    """The port of the usage counts. For one event loop. Every call may raise CacheAwayError."""

    @abstractmethod
    async def take(self, client_id: str, *, rate: float, burst: int) -> tuple[bool, float]:
        """Count one request against a token bucket of `burst` that refills at `rate` per second. Returns whether the
        request was within the limit, and the level of the bucket after it."""

    @abstractmethod
    async def enter(self, client_id: str, *, at_most: int) -> str | None:
        """Count one connection. Returns its lease, or None if there are already `at_most`."""

    @abstractmethod
    async def hold(self, client_id: str, lease: str) -> None:
        """Count a connection that is already open, regardless of the limit."""

    @abstractmethod
    async def leave(self, client_id: str, lease: str) -> None:
        """Stop counting a connection."""

    @abstractmethod
    async def renew(self) -> None:
        """Renew the leases of all connections of this process. A connection that is not renewed expires, since its
        process has died."""

    @abstractmethod
    async def close(self) -> None:
        """Close the counts; no further calls follow."""


class AllowancesHere(Allowances):
    """Counts in this process alone."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._buckets: dict[str, tuple[float, float]] = {}
        self._leases: dict[str, set[str]] = {}

    async def take(self, client_id: str, *, rate: float, burst: int) -> tuple[bool, float]:
        now_s = self._now_s()
        level, at_s = self._buckets.pop(client_id, (float(burst), now_s))
        level = min(float(burst), level + (now_s - at_s) * rate)
        is_within = level >= 1.0
        level -= 1.0 if is_within else 0.0
        self._buckets[client_id] = (level, now_s)
        if len(self._buckets) > CLIENTS_MAX:
            self._buckets.pop(next(iter(self._buckets)))
        return is_within, level

    async def enter(self, client_id: str, *, at_most: int) -> str | None:
        leases = self._leases.get(client_id, set())
        if len(leases) >= at_most:
            return None
        lease = uuid.uuid4().hex
        await self.hold(client_id, lease)
        return lease

    async def hold(self, client_id: str, lease: str) -> None:
        self._leases[client_id] = self._leases.get(client_id, set()) | {lease}

    async def leave(self, client_id: str, lease: str) -> None:
        left = self._leases.get(client_id, set()) - {lease}
        if left:
            self._leases[client_id] = left
        else:
            self._leases.pop(client_id, None)

    async def renew(self) -> None:
        """Nothing to do: in-process leases do not expire."""

    async def close(self) -> None:
        self._buckets, self._leases = {}, {}


class AllowancesTogether(Allowances):
    """Uses the count shared by all processes, or this process's own while the shared one is away. Never raises
    CacheAwayError."""

    def __init__(self, shared: Allowances, *, on_away: Callable[[], None]) -> None:
        self._shared, self._own = shared, AllowancesHere()
        self._on_away = on_away
        self._unshared: dict[str, str] = {}
        """Leases that the shared count does not know yet. The own count has all leases of this process."""

    async def take(self, client_id: str, *, rate: float, burst: int) -> tuple[bool, float]:
        try:
            return await self._shared.take(client_id, rate=rate, burst=burst)
        except CacheAwayError:
            self._on_away()
            return await self._own.take(client_id, rate=rate, burst=burst)

    async def enter(self, client_id: str, *, at_most: int) -> str | None:
        try:
            lease = await self._shared.enter(client_id, at_most=at_most)
        except CacheAwayError:
            self._on_away()
            lease = await self._own.enter(client_id, at_most=at_most)
            if lease is not None:
                self._unshared[lease] = client_id
            return lease
        if lease is not None:
            await self._own.hold(client_id, lease)
        return lease

    async def hold(self, client_id: str, lease: str) -> None:
        """Count in this process until the next `renew` adds it to the shared count."""
        self._unshared[lease] = client_id
        await self._own.hold(client_id, lease)

    async def leave(self, client_id: str, lease: str) -> None:
        await self._own.leave(client_id, lease)
        if self._unshared.pop(lease, None) is None:
            with suppress(CacheAwayError):
                await self._shared.leave(client_id, lease)

    async def renew(self) -> None:
        """Also add the connections opened while the shared count was away."""
        with suppress(CacheAwayError):
            await self._shared.renew()
            for lease, client_id in list(self._unshared.items()):
                await self._shared.hold(client_id, lease)
                if self._unshared.pop(lease, None) is None:
                    await self._shared.leave(client_id, lease)  # over meanwhile

    async def close(self) -> None:
        await self._own.close()
        await self._shared.close()

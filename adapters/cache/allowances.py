"""What clients have used of their limits: requests by rate, connections by number. A port, and the one that counts in
this process.

Belongs here: counting. Does not belong here: which limits there are (`api.public.access.plans`), Redis (`redis`).
"""

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

from adapters.cache.newest import CacheAwayError

CLIENTS_MAX = 10_000
LEASE_S, RENEWED_S = 60, 20
"""How long a shared count believes in a connection that nobody renews, and how often those here are renewed."""


class Allowances(ABC):
    """For one event loop. Every call may raise CacheAwayError."""

    @abstractmethod
    async def take(self, client_id: str, *, rate: float, burst: int) -> tuple[bool, float]:
        """Count one request against a bucket of `burst` that fills with `rate` a second: whether it was within, and
        how full the bucket is then."""

    @abstractmethod
    async def enter(self, client_id: str, *, at_most: int) -> str | None:
        """Count one connection; its lease, or null where there are `at_most` already."""

    @abstractmethod
    async def hold(self, client_id: str, lease: str) -> None:
        """Count a connection that is open already, whatever the bound."""

    @abstractmethod
    async def leave(self, client_id: str, lease: str) -> None:
        """A connection is over."""

    @abstractmethod
    async def renew(self) -> None:
        """Keep all connections of this process counted. One that is not renewed is forgotten: its process died."""

    @abstractmethod
    async def close(self) -> None:
        """Nothing more is counted."""


class AllowancesHere(Allowances):
    """In this process alone."""

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
        """Nobody forgets them here."""

    async def close(self) -> None:
        self._buckets, self._leases = {}, {}


class AllowancesTogether(Allowances):
    """In the count that processes share; in this process's own while that one is away, which then raises nothing."""

    def __init__(self, shared: Allowances, *, on_away: Callable[[], None]) -> None:
        self._shared, self._own = shared, AllowancesHere()
        self._on_away = on_away
        self._unshared: dict[str, str] = {}
        """Leases that the shared count does not know yet. The own count has all of this process."""

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
        """In this process's own count, until the next `renew`."""
        self._unshared[lease] = client_id
        await self._own.hold(client_id, lease)

    async def leave(self, client_id: str, lease: str) -> None:
        await self._own.leave(client_id, lease)
        if self._unshared.pop(lease, None) is None:
            with suppress(CacheAwayError):
                await self._shared.leave(client_id, lease)

    async def renew(self) -> None:
        """Those that came while the shared count was away are in it from now on."""
        with suppress(CacheAwayError):
            await self._shared.renew()
            for lease, client_id in list(self._unshared.items()):
                await self._shared.hold(client_id, lease)
                if self._unshared.pop(lease, None) is None:
                    await self._shared.leave(client_id, lease)  # over meanwhile

    async def close(self) -> None:
        await self._own.close()
        await self._shared.close()

"""Ends connections that outlive the key they came with.

Belongs here: which connections live by which key, and asking whether it still holds. Does not belong here: the look-up
(`ring`), what a client is told at the end (`gate`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from api.public.access.ring import Ring, Tenant
from api.public.away import AwayError

LOGGER = logging.getLogger("midround.api")
ASKS_EVERY_S = 1.0
"""With what the ring remembers, a revocation ends connections within five seconds."""


class CutError(Exception):
    """The key does not hold any more what the connection was opened with. `is_known`: it is still a key."""

    def __init__(self, *, is_known: bool) -> None:
        super().__init__("the key has changed" if is_known else "the key is expired or revoked")
        self.is_known = is_known


class Watch:
    """One task asks for the keys of all connections. For one event loop."""

    def __init__(self, ring: Ring, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._ring, self._sleep = ring, sleep
        self._held: dict[Tenant, set[asyncio.Timeout]] = {}
        self._lost: dict[asyncio.Timeout, CutError] = {}
        self._asking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def held(self, tenant: Tenant) -> AsyncIterator[None]:
        """For as long as a connection of `tenant` lives. Raises CutError where the key no longer holds."""
        cut: CutError | None = None
        try:
            async with asyncio.timeout(None) as until:
                self._held.setdefault(tenant, set()).add(until)
                self._asking = self._asking or asyncio.create_task(self._ask())
                try:
                    yield
                finally:
                    cut = self._leave(tenant, until)
        except TimeoutError:
            if cut is None or not until.expired():
                raise
            raise cut from None

    def _leave(self, tenant: Tenant, until: asyncio.Timeout) -> CutError | None:
        """A connection is over; why it was cut, if it was."""
        self._held[tenant].discard(until)
        if not self._held[tenant]:
            del self._held[tenant]
        if not self._held and self._asking is not None:
            self._asking.cancel()
            self._asking = None
        return self._lost.pop(until, None)

    async def _ask(self) -> None:
        """For as long as anybody is connected."""
        while True:
            await self._sleep(ASKS_EVERY_S)
            for tenant in list(self._held):
                await self._check(tenant)

    async def _check(self, tenant: Tenant) -> None:
        """An error of ours must not leave all other keys unasked."""
        try:
            now = await self._ring.again(tenant)
        except AwayError:
            return
        except Exception:
            LOGGER.exception("a key could not be asked for", extra={"key_id": tenant.key_id})
            return
        if now is not None and (now.scopes, now.matches) == (tenant.scopes, tenant.matches):
            return
        for until in self._held.get(tenant, set()) - self._lost.keys():
            self._lost[until] = CutError(is_known=now is not None)
            until.reschedule(asyncio.get_running_loop().time())

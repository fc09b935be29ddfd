"""Ends connections whose key no longer holds.

Belongs here: which connections depend on which key, and checking it. Does not belong here: the lookup (`ring`), what a
client is sent at the end (`gate`).
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Literal

from api.public.access.ring import Ring, Tenant

LOGGER = logging.getLogger("midround.api")
ASKS_EVERY_S = 1.0
"""With the ring's cache, a revocation ends connections within five seconds: four, plus one for the catalog."""
UNSURE_S = 120.0
"""How long connections survive while the catalog cannot confirm their key: longer than a database takes to restart, but
bounded, because the key may have been revoked."""
Why = Literal["changed", "over", "spent", "unsure"]
WHY: Mapping[Why, str] = {
    "changed": "the key has changed",
    "over": "the key is expired or revoked",
    "spent": "the events of the plan are used up for this month",
    "unsure": "the catalog does not say whether the key still holds",
}


class CutError(Exception):
    """The connection must end: its key changed, expired, was revoked or cannot be confirmed, or its plan is used up."""

    def __init__(self, why: Why) -> None:
        super().__init__(WHY[why])
        self.why: Why = why


class Watch:
    """One task checks the keys of all connections, in the context of none of them. For one event loop."""

    def __init__(
        self,
        ring: Ring,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now_s: Callable[[], float] = time.monotonic,
        is_spent: Callable[[Tenant], bool] = lambda _: False,
    ) -> None:
        self._ring, self._sleep, self._now_s, self._is_spent = ring, sleep, now_s, is_spent
        self._held: dict[Tenant, set[asyncio.Timeout]] = {}
        self._lost: dict[asyncio.Timeout, CutError] = {}
        self._asking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def held(self, tenant: Tenant) -> AsyncIterator[None]:
        """Context of a live connection of `tenant`. Raises CutError if the connection must end."""
        cut: CutError | None = None
        try:
            async with asyncio.timeout(None) as until:
                self._held.setdefault(tenant, set()).add(until)
                self._asking = self._asking or asyncio.create_task(self._ask(), context=Context())
                try:
                    yield
                finally:
                    cut = self._leave(tenant, until)
        except TimeoutError:
            if cut is None or not until.expired():
                raise
            raise cut from None

    def _leave(self, tenant: Tenant, until: asyncio.Timeout) -> CutError | None:
        """Unregister a connection that has ended; returns why it was cut, if it was."""
        self._held[tenant].discard(until)
        if not self._held[tenant]:
            del self._held[tenant]
        if not self._held and self._asking is not None:
            self._asking.cancel()
            self._asking = None
        return self._lost.pop(until, None)

    async def _ask(self) -> None:
        """Check all keys at intervals while there are connections; errors do not end it."""
        unsure_since_s: dict[Tenant, float] = {}
        while True:
            await self._sleep(ASKS_EVERY_S)
            held = list(self._held)
            try:
                told = await self._ring.again(held)
            except Exception:
                LOGGER.exception("keys could not be asked for")
                told = {}
            now_s = self._now_s()
            unsure_since_s = {each: unsure_since_s.get(each, now_s) for each in held if each not in told}
            for tenant in held:
                is_unsure = now_s - unsure_since_s.get(tenant, now_s) >= UNSURE_S
                why: Why | None = (
                    _why(tenant, told[tenant]) if tenant in told else "unsure" if is_unsure else None
                )
                if why is None and self._is_spent(told.get(tenant) or tenant):
                    why = "spent"
                if why is not None:
                    self._cut(tenant, why)

    def _cut(self, tenant: Tenant, why: Why) -> None:
        for until in self._held.get(tenant, set()) - self._lost.keys():
            self._lost[until] = CutError(why)
            until.reschedule(asyncio.get_running_loop().time())


def _why(tenant: Tenant, now: Tenant | None) -> Why | None:
    """Return why a connection of `tenant` must end, given the present state of its key; None if it may go on."""
    if now is None:
        return "over"
    return None if (now.scopes, now.matches) == (tenant.scopes, tenant.matches) else "changed"

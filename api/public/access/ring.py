"""Resolves a key or ticket to its client: looked up in the catalog, cached for a few seconds.

Belongs here: the lookup and its cache. Does not belong here: the format of keys (`keys`), HTTP (`gate`).
"""

from collections.abc import Callable, Collection
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from api.grants import is_granted
from api.public.access import keys
from api.public.access.plans import PLANS, Plan
from api.public.access.strangers import Strangers
from api.public.away import AwayError
from api.public.directory import Directory

if TYPE_CHECKING:
    from adapters.catalog.clients import KeyLine

REMEMBERED_S = 3.0
"""Cache lifetime in seconds: a revocation takes effect in every process within this time."""
REMEMBERED_MAX = 2_000
"""Maximum cached keys, and as many unknown ids, which are cached separately and so evict no key."""
Scope = Literal["read", "live", "webhooks", "announce", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "live", "webhooks", "announce", "admin")
USUAL: tuple[Scope, ...] = ("read", "live")
"""The scopes of a key that is created without naming any."""


class Tenant(Struct, frozen=True, kw_only=True):
    """The requesting client, its limits, and when its key expires. `matches` are patterns of match ids; None: all."""

    client_id: str
    name: str
    key_id: str
    plan: Plan
    scopes: frozenset[str]
    matches: tuple[str, ...] | None
    expires_at: datetime | None = None

    @property
    def who(self) -> str:
        """The key without its secret, for the audit log."""
        return f"mr_{self.key_id}"

    def may_see(self, match_id: str) -> bool:
        return is_granted(match_id, self.matches)


class Ring:
    """For one event loop."""

    def __init__(
        self,
        directory: Directory,
        *,
        now: Callable[[], datetime],
        now_s: Callable[[], float],
        ticket_secret: bytes | None = None,
    ) -> None:
        """Without `ticket_secret` no ticket is accepted."""
        self._directory, self._now, self._now_s = directory, now, now_s
        self._ticket_secret = ticket_secret
        self._known: dict[str, tuple[float, KeyLine]] = {}
        self._unknown: dict[str, float] = {}
        self._strangers = Strangers()

    async def by_key(self, text: str, *, peer: str) -> Tenant | None:
        """Return the client of a key sent from the address `peer`; None if the key is not valid. Raises AwayError while
        the catalog is unavailable, CrowdError."""
        key = keys.key_of(text)
        line = None if key is None else await self._shown(key.key_id, peer)
        if key is None or line is None or not keys.is_secret(key, line.secret_hash):
            return None
        return self._tenant(line)

    async def again(self, tenants: Collection[Tenant]) -> dict[Tenant, Tenant | None]:
        """Return the current state of clients that were admitted before, in one query; None for a key that is no longer
        valid. An expired key needs no query; while the catalog is unavailable, clients that are not cached are left
        out."""
        held = {tenant for tenant in tenants if not self._is_over(tenant.expires_at)}
        lines = await self._lines({tenant.key_id for tenant in held})
        told = {tenant: lines[tenant.key_id] for tenant in held if tenant.key_id in lines}
        now = {tenant: None if line is None else self._tenant(line) for tenant, line in told.items()}
        return now | dict.fromkeys(set(tenants) - held)

    async def by_ticket(self, text: str, *, peer: str, kind: keys.Kind = "ticket") -> Tenant | None:
        """The same for a ticket, or for a stream's pass."""
        found, secret = keys.ticket_of(text), self._ticket_secret
        if found is None or secret is None or not keys.is_good(found, secret, now=self._now(), kind=kind):
            return None
        line = await self._shown(found.key_id, peer)
        return None if line is None else self._tenant(line)

    async def _shown(self, key_id: str, peer: str) -> "KeyLine | None":
        """Look up a key that a request shows; lookups of uncached keys are limited per address."""
        if key_id not in self._known:
            if self._now_s() - self._unknown.get(key_id, -inf) < REMEMBERED_S:
                return None
            await self._strangers.let_in(peer)
        return await self._line(key_id)

    async def _lines(self, key_ids: set[str]) -> "dict[str, KeyLine | None]":
        """Return the keys whose state is known: cached, or queried now if the catalog is available."""
        now_s = self._now_s()
        found: dict[str, KeyLine | None] = {
            key_id: line for key_id in key_ids if (line := self._remembered(key_id, now_s)) is not None
        }
        due = sorted(key_ids - found.keys())
        if not due:
            return found
        try:
            asked = {line.key_id: line for line in await self._directory.keys(due)}
        except AwayError:
            return found
        for key_id in due:
            found[key_id] = asked.get(key_id)
            self._remember(key_id, found[key_id], now_s)
        return found

    async def _line(self, key_id: str) -> "KeyLine | None":
        now_s = self._now_s()
        known = self._remembered(key_id, now_s)
        if known is not None:
            return known
        line = await self._directory.key(key_id)
        self._remember(key_id, line, now_s)
        return line

    def _remembered(self, key_id: str, now_s: float) -> "KeyLine | None":
        known = self._known.get(key_id)
        return known[1] if known is not None and now_s - known[0] < REMEMBERED_S else None

    def _remember(self, key_id: str, line: "KeyLine | None", now_s: float) -> None:
        """Cache the result as of the time of the query."""
        self._known.pop(key_id, None)
        self._unknown.pop(key_id, None)
        if line is None:
            self._unknown[key_id] = now_s
        else:
            self._known[key_id] = (now_s, line)
        for each in (self._known, self._unknown):
            if len(each) > REMEMBERED_MAX:
                each.pop(next(iter(each)))

    def _tenant(self, line: "KeyLine") -> Tenant | None:
        plan = PLANS.get(line.plan)
        if self._is_over(line.expires_at) or line.revoked_at is not None or plan is None:
            return None
        return Tenant(
            client_id=line.client_id,
            name=line.name,
            key_id=line.key_id,
            plan=plan,
            scopes=frozenset(line.scopes),
            matches=line.matches,
            expires_at=line.expires_at,
        )

    def _is_over(self, expires_at: datetime | None) -> bool:
        return expires_at is not None and expires_at <= self._now()

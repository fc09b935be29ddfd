"""Plans and their remaining quota: the rate of requests, the number of connections.

Belongs here: the limits, and what is left of them. Does not belong here: counting, in one process or across several
(`adapters.cache.allowances`), authentication (`ring`), responses (`gate`).
"""

from collections.abc import Mapping

from msgspec import Struct

from adapters.cache.allowances import Allowances


class Plan(Struct, frozen=True, kw_only=True):
    """Limits of a plan: sustained `rate` in requests per second, `burst` at once, concurrent `connections` of live
    feeds; `monthly` requests and connections in a calendar month (UTC), None: limited only by the rate;
    `monthly_events` messages of live feeds in a month, None: unlimited.

    One connection may follow up to `matches`, or run up to `operations` of GraphQL concurrently.
    """

    name: str
    rate: float
    burst: int
    connections: int
    monthly: int | None = None
    monthly_events: int | None = None
    matches: int = 100
    operations: int = 20


PLANS: Mapping[str, Plan] = {
    plan.name: plan
    for plan in (
        Plan(
            name="trial",
            rate=2.0,
            burst=20,
            connections=2,
            monthly=100_000,
            monthly_events=1_000_000,
            matches=10,
            operations=5,
        ),
        Plan(
            name="standard",
            rate=20.0,
            burst=100,
            connections=20,
            monthly=5_000_000,
            monthly_events=50_000_000,
            matches=50,
            operations=10,
        ),
        Plan(
            name="broadcast",
            rate=100.0,
            burst=500,
            connections=200,
            monthly=50_000_000,
            monthly_events=1_000_000_000,
        ),
        Plan(name="unlimited", rate=1e6, burst=1_000_000, connections=100_000),
    )
}

ANONYMOUS = Plan(name="anonymous", rate=500.0, burst=5_000, connections=500)
"""Shared by all clients of an open API: enough for its pages, too little to saturate one process."""


class Left(Struct, frozen=True, kw_only=True):
    """The remaining quota. `wait_s` is 0 if this request is within the plan."""

    requests: int
    reset_s: int
    """Seconds until the full burst is available again."""
    wait_s: float


class Meter:
    """Counts the requests and connections of clients against their plans. For one event loop."""

    def __init__(self, allowances: Allowances) -> None:
        self._allowances = allowances

    async def ask(self, client_id: str, plan: Plan) -> Left:
        """Count one request, if the plan allows it."""
        is_within, level = await self._allowances.take(client_id, rate=plan.rate, burst=plan.burst)
        wait_s = 0.0 if is_within else max(0.001, (1.0 - level) / plan.rate)
        reset_s = int((plan.burst - level) / plan.rate) + 1
        return Left(requests=int(level), reset_s=reset_s, wait_s=wait_s)

    async def connect(self, client_id: str, plan: Plan) -> str | None:
        """Count one connection, if the plan allows it, and return its lease for `leave`; None if not."""
        return await self._allowances.enter(client_id, at_most=plan.connections)

    async def leave(self, client_id: str, lease: str) -> None:
        await self._allowances.leave(client_id, lease)

"""Plans and what is left of them: requests by rate, connections by number.

Belongs here: the limits, and what is left of them. Does not belong here: counting, in one process or for several
(`adapters.cache.allowances`), who asks (`ring`), answers (`gate`).
"""

from collections.abc import Mapping

from msgspec import Struct

from adapters.cache.allowances import Allowances


class Plan(Struct, frozen=True, kw_only=True):
    """`rate` requests a second in the long run, `burst` at once, `connections` of live feeds at a time; `monthly`
    requests and connections in a calendar month (UTC), null: as many as the rate lets through; `monthly_events`
    messages of live feeds in a month, null: all that there are.

    One connection follows up to `matches`, or has up to `operations` of GraphQL under way."""

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
"""Of all together who ask an API that is open: enough for its pages, too little to keep one process busy."""


class Left(Struct, frozen=True, kw_only=True):
    """What a client may still ask. `wait_s` is 0 where this request is within the plan."""

    requests: int
    reset_s: int
    """Until all of the burst is there again."""
    wait_s: float


class Meter:
    """Counts what clients use, each against its plan. For one event loop."""

    def __init__(self, allowances: Allowances) -> None:
        self._allowances = allowances

    async def ask(self, client_id: str, plan: Plan) -> Left:
        """Count one request, if the plan has it."""
        is_within, level = await self._allowances.take(client_id, rate=plan.rate, burst=plan.burst)
        wait_s = 0.0 if is_within else max(0.001, (1.0 - level) / plan.rate)
        reset_s = int((plan.burst - level) / plan.rate) + 1
        return Left(requests=int(level), reset_s=reset_s, wait_s=wait_s)

    async def connect(self, client_id: str, plan: Plan) -> str | None:
        """Count one connection, if the plan has it: its lease, which `leave` gives back."""
        return await self._allowances.enter(client_id, at_most=plan.connections)

    async def leave(self, client_id: str, lease: str) -> None:
        await self._allowances.leave(client_id, lease)

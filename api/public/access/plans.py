"""Plans and what is left of them: requests by rate, connections by number.

Belongs here: the limits and counting against them, for one process. Does not belong here: who asks (`ring`), answers
(`gate`).
"""

from collections.abc import Callable, Mapping

from msgspec import Struct


class Plan(Struct, frozen=True, kw_only=True):
    """`rate` requests a second in the long run, `burst` at once, `connections` of live feeds at a time; `monthly`
    requests and connections in a calendar month (UTC), null: as many as the rate lets through."""

    name: str
    rate: float
    burst: int
    connections: int
    monthly: int | None = None


PLANS: Mapping[str, Plan] = {
    plan.name: plan
    for plan in (
        Plan(name="trial", rate=2.0, burst=20, connections=2, monthly=100_000),
        Plan(name="standard", rate=20.0, burst=100, connections=20, monthly=5_000_000),
        Plan(name="broadcast", rate=100.0, burst=500, connections=200, monthly=50_000_000),
        Plan(name="unlimited", rate=1e6, burst=1_000_000, connections=100_000),
    )
}
CLIENTS_MAX = 10_000


class Left(Struct, frozen=True, kw_only=True):
    """What a client may still ask. `wait_s` is 0 where this request is within the plan."""

    requests: int
    reset_s: int
    """Until all of the burst is there again."""
    wait_s: float


class Meter:
    """Counts what clients use, each against its plan. For one event loop."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._buckets: dict[str, tuple[float, float]] = {}
        self._connections: dict[str, int] = {}

    def ask(self, client_id: str, plan: Plan) -> Left:
        """Count one request, if the plan has it."""
        now_s = self._now_s()
        level, at_s = self._buckets.pop(client_id, (float(plan.burst), now_s))
        level = min(float(plan.burst), level + (now_s - at_s) * plan.rate)
        wait_s = 0.0 if level >= 1.0 else (1.0 - level) / plan.rate
        level -= 1.0 if level >= 1.0 else 0.0
        self._buckets[client_id] = (level, now_s)
        if len(self._buckets) > CLIENTS_MAX:
            self._buckets.pop(next(iter(self._buckets)))
        reset_s = int((plan.burst - level) / plan.rate) + 1
        return Left(requests=int(level), reset_s=reset_s, wait_s=wait_s)

    def connect(self, client_id: str, plan: Plan) -> bool:
        """Count one connection, if the plan has it; `leave` gives it back."""
        open_ = self._connections.get(client_id, 0)
        if open_ >= plan.connections:
            return False
        self._connections[client_id] = open_ + 1
        return True

    def leave(self, client_id: str) -> None:
        open_ = self._connections.get(client_id, 0) - 1
        if open_ > 0:
            self._connections[client_id] = open_
        else:
            self._connections.pop(client_id, None)

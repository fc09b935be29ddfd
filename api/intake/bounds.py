"""Limits on what the intake accepts: per request, and for all requests together.

Belongs here: limits and accounting. Does not belong here: reading or parsing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from api.problems import ProblemError, problem

MEBI = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of a request in bytes and seconds; `game.sources.native` limits the number of items."""

    body_bytes_max: int = 4 * MEBI
    """Applies to the body as received and as unpacked."""
    item_bytes_max: int = 512 * 1024
    in_flight_bytes_max: int = 64 * MEBI
    body_timeout_s: float = 30.0
    acknowledge_timeout_s: float = 10.0
    retry_after_s: int = 1


class Hold:
    """The share of the budget that one request holds."""

    def __init__(self, budget: "Budget") -> None:
        self._budget = budget
        self.held_bytes = 0

    def grow_to(self, size_bytes: int) -> None:
        """Hold at least `size_bytes`. Raises a 429 problem if all requests together would hold too much."""
        more = size_bytes - self.held_bytes
        if more > 0:
            self._budget.take(more)
            self.held_bytes = size_bytes


class Budget:
    """Bytes that all concurrent requests may hold together. For one event loop; not thread-safe."""

    def __init__(self, limit_bytes: int, *, retry_after_s: int = 1) -> None:
        self._limit_bytes = limit_bytes
        self._retry_after_s = retry_after_s
        self.held_bytes = 0

    @contextmanager
    def hold(self) -> Iterator[Hold]:
        """Yield a hold that is released at the end."""
        hold = Hold(self)
        try:
            yield hold
        finally:
            self.held_bytes -= hold.held_bytes

    def take(self, size_bytes: int) -> None:
        if self.held_bytes + size_bytes > self._limit_bytes:
            reason = f"requests under way hold {self.held_bytes} of {self._limit_bytes} bytes"
            raise ProblemError(
                problem(429, "busy", field="$", reason=reason, retry_after_s=self._retry_after_s)
            )
        self.held_bytes += size_bytes

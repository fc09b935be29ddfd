"""Circuit breaker for a store that does not answer, so that not every query waits for its timeout.

Belongs here: when the store counts as unavailable, and which query may try again. Does not belong here: queries
(`store`).
"""

import threading
import time
from collections.abc import Callable
from math import inf

from api.public.away import AwayError

PATIENCE_S = 1.0
"""A query that fails sooner than this does not count as a timeout."""
AWAY_S = 1.0
"""Seconds between a query without an answer and the next attempt; refused clients are told to retry after it."""


class Silence:
    """Whether the store is silent: a query timed out, and no other was answered meanwhile. Then one query at a time is
    let through, every `AWAY_S`, until one is answered or fails at once. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._answered_s = -inf
        self._until_s: float | None = None
        """Time of the next attempt; None while the store answers."""

    def begin(self) -> float:
        """Start a query and return the current time, for `end`. Raises AwayError if the store is silent."""
        now_s = self._clock()
        with self._lock:
            if self._until_s is not None:
                if now_s < self._until_s:
                    raise AwayError("store", "the store does not answer")
                self._until_s = inf
        return now_s

    def end(self, asked_s: float, *, is_answered: bool) -> None:
        """Record the outcome of a query that started at `asked_s`."""
        now_s = self._clock()
        with self._lock:
            if is_answered or now_s - asked_s < PATIENCE_S:
                self._answered_s, self._until_s = now_s, None
            elif self._answered_s < asked_s:
                self._until_s = now_s + AWAY_S

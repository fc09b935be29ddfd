"""A store that lets questions wait in vain: not all who ask it are to wait.

Belongs here: when it counts as away, and who may try again. Does not belong here: asking (`store`).
"""

import threading
import time
from collections.abc import Callable
from math import inf

from api.public.away import AwayError

PATIENCE_S = 1.0
"""A question that fails sooner keeps nobody waiting."""
AWAY_S = 1.0
"""From a question without an answer to the next one that is asked; who was refused is told to come again after it."""


class Silence:
    """Whether the store is silent: a question waited in vain, and no other was answered meanwhile. Then one question at
    a time is let through, every `AWAY_S`, until one is answered or fails at once. For any threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._answered_s = -inf
        self._until_s: float | None = None
        """When the next may ask; null while it answers."""

    def begin(self) -> float:
        """A question is asked now: the moment, for `end`. Raises AwayError where it would wait in vain."""
        now_s = self._clock()
        with self._lock:
            if self._until_s is not None:
                if now_s < self._until_s:
                    raise AwayError("store", "the store does not answer")
                self._until_s = inf
        return now_s

    def end(self, asked_s: float, *, is_answered: bool) -> None:
        """What came of a question."""
        now_s = self._clock()
        with self._lock:
            if is_answered or now_s - asked_s < PATIENCE_S:
                self._answered_s, self._until_s = now_s, None
            elif self._answered_s < asked_s:
                self._until_s = now_s + AWAY_S

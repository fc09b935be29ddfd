"""How often one connection asked within the last minute. No sockets."""

import time
from collections import deque
from collections.abc import Callable

MINUTE_S = 60.0


class Minute:
    """Counts what is asked; `at_most` of it within any minute."""

    def __init__(self, at_most: int, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._asked_at: deque[float] = deque(maxlen=at_most)

    def take(self) -> bool:
        """Count one more; false where there were `at_most` within the minute before."""
        now_s, asked_at = self._now_s(), self._asked_at
        if len(asked_at) == asked_at.maxlen and now_s - asked_at[0] < MINUTE_S:
            return False
        asked_at.append(now_s)
        return True

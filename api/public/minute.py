"""Rate limit of a connection's operations per minute, carried over between a client's connections.

Belongs here: counting. Does not belong here: sockets.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

MINUTE_S = 60.0
IN_A_MINUTE = 500
"""Operations per connection."""
MINUTE = "midround.minute"
"""Key of a connection's scope that holds its client's `Minute`."""


class Minute:
    """Counts operations: at most `at_most` within any minute."""

    def __init__(self, at_most: int, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._asked_at: deque[float] = deque(maxlen=at_most)

    def take(self) -> bool:
        """Count one operation; return False if there were `at_most` within the last minute."""
        now_s, asked_at = self._now_s(), self._asked_at
        if len(asked_at) == asked_at.maxlen and now_s - asked_at[0] < MINUTE_S:
            return False
        asked_at.append(now_s)
        return True


class Minutes:
    """The minutes of all clients. A connection that replaces a closed one inherits its minute, so that reconnecting
    does not reset the limit: a client has as many minutes as connections at a time. Use it on one event loop only."""

    def __init__(self, at_most: int = IN_A_MINUTE, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._at_most, self._now_s = at_most, now_s
        self._left: dict[str, tuple[float, deque[Minute]]] = {}
        """Minutes of closed connections by client, with the time at which the last one was closed; ordered by that
        time."""

    def __len__(self) -> int:
        return len(self._left)

    @contextmanager
    def of(self, client_id: str) -> Iterator[Minute]:
        """Provide the minute of a connection for as long as it lives."""
        _, left = self._left.get(client_id, (0.0, deque[Minute]()))
        minute = left.popleft() if left else Minute(self._at_most, now_s=self._now_s)
        try:
            yield minute
        finally:
            self._keep(client_id, minute)

    def _keep(self, client_id: str, minute: Minute) -> None:
        now_s = self._now_s()
        _, left = self._left.pop(client_id, (now_s, deque()))
        left.append(minute)
        self._left[client_id] = (now_s, left)
        while now_s - next(iter(self._left.values()))[0] >= MINUTE_S:
            del self._left[next(iter(self._left))]


def minute_of(scope: Mapping[str, Any]) -> Minute:
    """Return the minute of a connection: one of its client's where keys are required, else a new one."""
    found = scope.get(MINUTE)
    return found if isinstance(found, Minute) else Minute(IN_A_MINUTE)

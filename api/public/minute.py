"""How often a connection asked within the last minute, and those of its client before it. No sockets."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

MINUTE_S = 60.0
IN_A_MINUTE = 500
"""Operations of one connection."""
MINUTE = "midround.minute"
"""Where the scope of a connection has what its client asked before."""


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


class Minutes:
    """Those of clients. Who closes a connection and opens another goes on with its minute: he has as many as
    connections at a time. For one event loop."""

    def __init__(self, at_most: int = IN_A_MINUTE, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._at_most, self._now_s = at_most, now_s
        self._left: dict[str, tuple[float, deque[Minute]]] = {}
        """Of closed connections by client, with when the last one was closed; in the order of that."""

    def __len__(self) -> int:
        return len(self._left)

    @contextmanager
    def of(self, client_id: str) -> Iterator[Minute]:
        """For as long as a connection of this client lives."""
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
    """What a connection may ask: one of its client's where keys are asked for, else its own."""
    found = scope.get(MINUTE)
    return found if isinstance(found, Minute) else Minute(IN_A_MINUTE)

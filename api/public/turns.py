"""Fair scheduling: each client has a queue, and the queues are served in rotation.

Belongs here: the order, and the concurrency limit per client. Does not belong here: threads (`threads`), identifying
the client (`access.gate`).
"""

from collections import Counter, deque
from typing import Generic, TypeVar

T = TypeVar("T")
NOBODY = ""
"""The client name of this process itself, and of all clients together where no keys are required."""


def share_of(at_once: int) -> int:
    """Return how many of `at_once` one client may have in progress: half, so that slow queries do not block other
    clients."""
    return max(1, at_once // 2)


class Turns(Generic[T]):
    """At most `at_once` items in progress, and per client its share; NOBODY may have all. Not thread-safe."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lines: dict[str, deque[T]] = {}
        """By client, in the order of their next turn."""
        self._under_way: Counter[str] = Counter()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def room(self, who: str) -> int:
        """Return how many items `who` may have in progress."""
        return self._at_once if who == NOBODY else share_of(self._at_once)

    def wait(self, who: str, what: T) -> None:
        """Queue an item."""
        self._lines.setdefault(who, deque()).append(what)

    def begin(self) -> tuple[str, T] | None:
        """Start the next item and return its client and the item; None if there is none or the limits are reached."""
        if self._under_way.total() >= self._at_once:
            return None
        who = next((who for who in self._lines if self._under_way[who] < self.room(who)), None)
        if who is None:
            return None
        line = self._lines.pop(who)
        what = line.popleft()
        if line:
            self._lines[who] = line
        self._under_way[who] += 1
        return who, what

    def end(self, who: str) -> None:
        """Mark one of the client's items as done."""
        self._under_way[who] -= 1
        if not self._under_way[who]:
            del self._under_way[who]

"""Whose turn it is: clients wait in a line each, and the lines are served in rotation.

Belongs here: the order, and how much one client has under way. Does not belong here: threads (`threads`), who asks
(`access.gate`).
"""

from collections import Counter, deque
from typing import Generic, TypeVar

T = TypeVar("T")
NOBODY = ""
"""Asks for no client: this process itself, and all together where nobody is asked for a key."""


def share_of(at_once: int) -> int:
    """How many of `at_once` one client may have under way: half, so that another need not wait for what is slow."""
    return max(1, at_once // 2)


class Turns(Generic[T]):
    """At most `at_once` under way, of one client its share; NOBODY may have all. For one thread at a time."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lines: dict[str, deque[T]] = {}
        """By client, in the order in which they come next."""
        self._under_way: Counter[str] = Counter()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def room(self, who: str) -> int:
        """How many `who` may have under way."""
        return self._at_once if who == NOBODY else share_of(self._at_once)

    def wait(self, who: str, what: T) -> None:
        """Stand in line."""
        self._lines.setdefault(who, deque()).append(what)

    def begin(self) -> tuple[str, T] | None:
        """Who is next, and with what, which is now under way; null where nobody is, or nobody may."""
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
        """One of his is done."""
        self._under_way[who] -= 1
        if not self._under_way[who]:
            del self._under_way[who]

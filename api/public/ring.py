"""The newest messages of one channel of one match, bounded, without gaps.

Belongs here: keeping and finding messages by seq. Does not belong here: the messages.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Ring(Generic[T]):
    """At most `size` items. Items seen before are ignored; a gap before an item drops all older items."""

    def __init__(self, size: int) -> None:
        self._items: deque[tuple[int, int, T]] = deque(maxlen=size)
        self.last_seq = -1

    def restart(self, seq: int) -> None:
        """Start again after `seq`: the next item follows it without a gap."""
        self._items.clear()
        self.last_seq = seq

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_full(self) -> bool:
        """Whether items may have been dropped for newer ones."""
        return len(self._items) == self._items.maxlen

    def add(self, item: T, *, seq: int, prev_seq: int) -> bool:
        """Add an item and return whether it was new. `prev_seq` is the seq of the channel's previous message; notes
        after that message are kept."""
        if seq <= self.last_seq:
            return False
        if prev_seq != self.last_seq:
            noted = [each for each in self._items if max(self.last_seq, prev_seq) < each[0] <= seq]
            self._items.clear()
            self._items.extend((at, prev_seq, note) for at, _, note in noted)
        self._items.append((seq, prev_seq, item))
        self.last_seq = seq
        return True

    def note(self, item: T, *, seq: int) -> None:
        """Insert an item between two messages that is not a message of the sequence itself: a retraction. Before the
        first message nothing is known about older ones."""
        if seq > self.last_seq:
            self._items.append((seq, seq - 1 if self.last_seq < 0 else self.last_seq, item))

    def void(self, *, from_seq: int, to_seq: int) -> None:
        """Drop the items from `from_seq` to `to_seq`; they still count as seen."""
        if self._items and self._items[-1][0] >= from_seq:
            kept = [each for each in self._items if not from_seq <= each[0] <= to_seq]
            first = self._items[0]
            self._items.clear()
            self._items.extend(kept)
            if kept and kept[0][0] != first[0]:
                self._items[0] = (kept[0][0], first[1], kept[0][2])

    def covers(self, seq: int) -> bool:
        """Whether the ring holds every item from `seq` on that has existed."""
        if not self._items:
            return 0 <= self.last_seq < seq
        return self._items[0][1] < seq

    def since(
        self, seq: int, *, keep: Callable[[T], bool] | None = None, limit: int | None = None
    ) -> list[T]:
        """Return items from `seq` on that `keep` accepts, oldest first; at most `limit`."""
        found = (item for at, _, item in self._items if at >= seq and (keep is None or keep(item)))
        return (
            [item for _, item in zip(range(limit), found, strict=False)] if limit is not None else list(found)
        )

    def newest(self) -> T | None:
        return self._items[-1][2] if self._items else None

    def find(self, is_it: Callable[[T], bool]) -> T | None:
        """Return the newest item that `is_it` accepts, or None."""
        return next((item for _, _, item in reversed(self._items) if is_it(item)), None)

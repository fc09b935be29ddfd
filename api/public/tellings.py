"""The newest published statistics of one match, which the store may not have yet.

Belongs here: keeping and voiding them. Does not belong here: merging with the store (`players.queries`).
"""

from collections import deque
from collections.abc import Iterator

import msgspec

from game.facts import AnyFact
from game.statistics.scopes import Scoped, scoped


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """The statistics of one message."""

    seq: int
    map_id: str
    parts: tuple[Scoped, ...]


class Tellings:
    """The statistics of the last `size` messages that contained any."""

    def __init__(self, size: int) -> None:
        self._kept: deque[Telling] = deque(maxlen=size)

    def __bool__(self) -> bool:
        return bool(self._kept)

    def take(self, facts: tuple[AnyFact, ...], *, map_id: str | None, seq: int) -> None:
        """Take the statistics among the facts of one message."""
        parts = tuple(scoped(facts))
        if parts and map_id is not None:
            self._kept.append(Telling(seq=seq, map_id=map_id, parts=parts))

    def clear(self) -> None:
        """Forget everything, after missed messages that may have retracted it."""
        self._kept.clear()

    def void(self, span: range) -> None:
        """Forget the statistics with these seqs; earlier ones become the newest again."""
        valid = [telling for telling in self._kept if telling.seq not in span]
        self._kept.clear()
        self._kept.extend(valid)

    def of(self, scope: str) -> Iterator[tuple[Telling, Scoped]]:
        """Return all statistics of a scope, oldest first."""
        for telling in self._kept:
            for part in telling.parts:
                if part.scope == scope:
                    yield telling, part

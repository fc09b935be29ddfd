"""The newest state and prediction of each match, where other processes and later starts find them: a port, and the one
that lives in this process.

Belongs here: what is kept and for how long. Does not belong here: Redis (`redis`), who writes and when
(`streaming.showing`), who asks (`api.public.cached`).

It is a cache: all of it is also in the store, and whoever finds it away goes on without.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from msgspec import Struct

from game.view import MatchView

KEPT_S = 600
"""How long an entry stays that nobody writes anew: a match that moves is written twice a second."""
MATCHES_MAX = 1_000


class CacheAwayError(Exception):
    """The cache does not answer."""


class Shown(Struct, frozen=True, kw_only=True):
    """What is newest of a match. `view` null: its state is in doubt, `prediction` null: there is none that holds; what
    was kept before goes. `prediction` is the message of the topic, as it was written."""

    match_id: str
    view: MatchView | None
    prediction: bytes | None


class Newest(ABC):
    """Every call may raise CacheAwayError: what was asked is then done in part or not at all, and may be repeated."""

    @abstractmethod
    def put(self, shown: Sequence[Shown]) -> None:
        """Keep these instead of what was kept of their matches."""

    @abstractmethod
    def view(self, match_id: str) -> MatchView | None:
        """The newest state that is kept and not in doubt."""

    @abstractmethod
    def prediction(self, match_id: str) -> bytes | None:
        """The newest prediction that is kept."""

    @abstractmethod
    def recent(self, limit: int) -> list[MatchView]:
        """The kept states of the matches that moved last, newest first."""

    @abstractmethod
    def close(self) -> None:
        """Nothing more is asked."""


class NewestHere(Newest):
    """In this process, for `kept_s` seconds each; of the matches written last."""

    def __init__(
        self,
        *,
        kept_s: float = KEPT_S,
        matches_max: int = MATCHES_MAX,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept_s, self._matches_max, self._now_s = kept_s, matches_max, now_s
        self._shown: dict[str, tuple[float, Shown]] = {}

    def put(self, shown: Sequence[Shown]) -> None:
        until_s = self._now_s() + self._kept_s
        for each in shown:
            self._shown.pop(each.match_id, None)
            self._shown[each.match_id] = (until_s, each)
        while len(self._shown) > self._matches_max:
            self._shown.pop(next(iter(self._shown)))

    def view(self, match_id: str) -> MatchView | None:
        found = self._found(match_id)
        return None if found is None else found.view

    def prediction(self, match_id: str) -> bytes | None:
        found = self._found(match_id)
        return None if found is None else found.prediction

    def recent(self, limit: int) -> list[MatchView]:
        views = [found.view for each in self._shown if (found := self._found(each)) is not None]
        return by_time([view for view in views if view is not None])[:limit]

    def close(self) -> None:
        self._shown = {}

    def _found(self, match_id: str) -> Shown | None:
        until_s, shown = self._shown.get(match_id, (0.0, None))
        return shown if self._now_s() < until_s else None


def by_time(views: Sequence[MatchView]) -> list[MatchView]:
    """Views with the one that moved last first."""
    return sorted(views, key=moved_s, reverse=True)


def moved_s(view: MatchView) -> float:
    """When a match moved last, in seconds of Unix time; 0 where it never did."""
    return 0.0 if view.ts_event is None else view.ts_event.timestamp()

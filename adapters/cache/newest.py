"""The cache of the newest state and prediction of each match, which other processes and later starts can read: the
port, and the in-process implementation.

Belongs here: what is kept and for how long. Does not belong here: Redis (`redis`), when it is written
(`streaming.showing`), how the API reads it (`api.public.cached`).

Everything in it is also in the store, so a reader that finds the cache away works without it.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from msgspec import Struct

from game.view import MatchView

KEPT_S = 600
"""Seconds that an entry stays without a new write; a running match is written twice a second."""
MATCHES_MAX = 1_000


class CacheAwayError(Exception):
    """The cache does not answer."""


class Shown(Struct, frozen=True, kw_only=True):
    """The newest data of a match; it replaces what was kept before. `view` is null if the state is in doubt,
    `prediction` if there is no valid one. `prediction` is the topic's message, byte for byte."""

    match_id: str
    view: MatchView | None
    prediction: bytes | None


class Newest(ABC):
    """The port of the cache. Every call may raise CacheAwayError; it has then been done partly or not at all and may be
    repeated."""

    @abstractmethod
    def put(self, shown: Sequence[Shown]) -> None:
        """Replace the entries of these matches."""

    @abstractmethod
    def view(self, match_id: str) -> MatchView | None:
        """The newest state in the cache, or None if there is none or it is in doubt."""

    @abstractmethod
    def prediction(self, match_id: str) -> bytes | None:
        """The newest prediction in the cache."""

    @abstractmethod
    def recent(self, limit: int) -> list[MatchView]:
        """The cached states of the most recently changed matches, newest first."""

    @abstractmethod
    def close(self) -> None:
        """Close the cache; no further calls follow."""


class NewestHere(Newest):
    """The cache in this process: `kept_s` seconds per entry, at most the `matches_max` matches written last."""

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
    """The views, most recently changed first."""
    return sorted(views, key=moved_s, reverse=True)


def moved_s(view: MatchView) -> float:
    """The time of a match's last change in seconds of Unix time; 0 if it never changed."""
    return 0.0 if view.ts_event is None else view.ts_event.timestamp()

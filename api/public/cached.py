"""The store behind a cache: a match's newest state and prediction, the most frequent reads, without a query.

Belongs here: the order of lookups. Does not belong here: the cache (`adapters.cache`), what fills the shared one
(`streaming.showing`), matches that this process follows (`board`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from adapters.cache.newest import CacheAwayError, Newest, NewestHere, Shown
from api.public.predictions.resources import Kept, kept_of
from api.public.store import ClickHouseHistory
from api.public.threads import Threads
from game.codec import UNREADABLE
from game.view import MatchView

T = TypeVar("T")
REMEMBERED_S = 2.0
"""Seconds for which the store's answer about a match not followed here is reused."""
REMEMBERED_MAX = 100
AT_ONCE = 2
"""Concurrent lookups in the shared cache."""


class CachedHistory(ClickHouseHistory):
    """ClickHouse behind `url`, queried only after this process's memory and the cache that processes share."""

    def __init__(
        self, url: str, options: Mapping[str, str] | None = None, *, shared: Newest | None = None
    ) -> None:
        super().__init__(url, options)
        self._shared = shared
        self._cache_threads = Threads("cache", AT_ONCE, part="store", waits_s=None, answers_s=None)
        self._own = NewestHere(kept_s=REMEMBERED_S, matches_max=REMEMBERED_MAX)

    async def recent(self, limit: int) -> list[MatchView]:
        return await self._asked(lambda shared: shared.recent(limit)) or []

    async def view(self, match_id: str) -> MatchView | None:
        held = self._own.view(match_id)
        if held is not None:
            return held
        found = await self._asked(lambda shared: shared.view(match_id)) or await super().view(match_id)
        if found is not None:
            text = self._own.prediction(match_id)
            self._own.put([Shown(match_id=match_id, view=found, prediction=text)])
        return found

    async def views_of(self, match_ids: Sequence[str]) -> dict[str, MatchView]:
        own = {each: self._own.view(each) for each in match_ids}
        found = {match_id: view for match_id, view in own.items() if view is not None}
        lacking = [each for each in match_ids if each not in found]
        if lacking:
            told = await self._stored_views(lacking)
            self._own.put(
                [
                    Shown(match_id=each, view=view, prediction=self._own.prediction(each))
                    for each, view in told.items()
                ]
            )
            found |= told
        return found

    async def _stored_views(self, match_ids: Sequence[str]) -> dict[str, MatchView]:
        """Return the views from the shared cache, else from the store."""
        shared = await self._asked(lambda cache: {each: cache.view(each) for each in match_ids}) or {}
        found = {match_id: view for match_id, view in shared.items() if view is not None}
        lacking = [each for each in match_ids if each not in found]
        return found | (await super().views_of(lacking) if lacking else {})

    async def latest_prediction(self, match_id: str) -> Kept | None:
        held = kept_or_none(self._own.prediction(match_id))
        if held is not None:
            return held
        found = kept_or_none(await self._asked(lambda shared: shared.prediction(match_id)))
        found = found or await super().latest_prediction(match_id)
        if found is not None:
            view = self._own.view(match_id)
            self._own.put([Shown(match_id=match_id, view=view, prediction=bytes(found.raw))])
        return found

    async def latest_of(self, match_ids: Sequence[str]) -> dict[str, Kept]:
        own = {each: kept_or_none(self._own.prediction(each)) for each in match_ids}
        found = {match_id: kept for match_id, kept in own.items() if kept is not None}
        lacking = [each for each in match_ids if each not in found]
        if lacking:
            told = await self._stored_predictions(lacking)
            self._own.put(
                [
                    Shown(match_id=each, view=self._own.view(each), prediction=bytes(kept.raw))
                    for each, kept in told.items()
                ]
            )
            found |= told
        return found

    async def _stored_predictions(self, match_ids: Sequence[str]) -> dict[str, Kept]:
        """Return the predictions from the shared cache, else from the store."""
        shared = await self._asked(lambda cache: {each: cache.prediction(each) for each in match_ids}) or {}
        read = {match_id: kept_or_none(text) for match_id, text in shared.items()}
        found = {match_id: kept for match_id, kept in read.items() if kept is not None}
        lacking = [each for each in match_ids if each not in found]
        return found | (await super().latest_of(lacking) if lacking else {})

    async def _asked(self, question: Callable[[Newest], T]) -> T | None:
        shared = self._shared
        if shared is None:
            return None
        try:
            return await self._cache_threads.run(lambda: question(shared))
        except CacheAwayError:
            return None


def kept_or_none(text: bytes | None) -> Kept | None:
    """Decode the prediction in a cache entry; None if it cannot be read, for example if another version wrote it."""
    try:
        return None if text is None else kept_of(text)
    except UNREADABLE:
        return None

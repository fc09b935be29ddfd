"""Data loaders: each query to the store runs once per operation, however many fields need it, and for all matches
requested at the same time together.

Belongs here: deduplication and batching. Does not belong here: the queries (the features' queries).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from strawberry.dataloader import DataLoader

from api.public.board import Matches
from api.public.graphql.absence import or_none
from api.public.history import History, Relayed, Row
from api.public.matches.queries import match_view
from api.public.players.queries import players
from api.public.players.resources import MapLine, PlayerView
from api.public.predictions.queries import latest_or_none
from api.public.predictions.resources import Kept, PredictionView
from api.public.quality.queries import quality
from api.public.quality.resources import QualityView
from api.public.rounds.queries import rounds
from api.public.rounds.resources import RoundView
from game.view import MatchView

AT_ONCE = 4
"""Concurrent queries of one operation, so that it leaves threads to others."""
TOGETHER = 100
"""Most matches per query."""

K = TypeVar("K")
T = TypeVar("T")


class Gathered(Relayed):
    """A history that defers queries about single matches and batches them into one query for all matches of an
    operation."""

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._views = self._of_many(history.views_of)
        self._latest = self._of_many(history.latest_of)
        self._rounds = self._of_many(history.rounds_of)
        self._scorecards = self._of_many(history.scorecards)
        self._players: dict[str, DataLoader[str, dict[str, list[MapLine]] | None]] = {}

    async def view(self, match_id: str) -> MatchView | None:
        return await self._views.load(match_id)

    async def latest_prediction(self, match_id: str) -> Kept | None:
        return await self._latest.load(match_id)

    async def rounds(self, match_id: str) -> list[RoundView]:
        return await self._rounds.load(match_id) or []

    async def players(self, match_id: str, *, scope: str) -> dict[str, list[MapLine]]:
        async def of_scope(match_ids: Sequence[str]) -> Mapping[str, dict[str, list[MapLine]]]:
            return await self._history.players_of(match_ids, scope=scope)

        if scope not in self._players:
            self._players[scope] = self._of_many(of_scope)
        return await self._players[scope].load(match_id) or {}

    async def scorecards(self, match_ids: Sequence[str]) -> dict[str, list[Row]]:
        found = await self._scorecards.load_many(match_ids)
        return {each: rows for each, rows in zip(match_ids, found, strict=True) if rows is not None}

    def _of_many(
        self, ask: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]
    ) -> DataLoader[str, T | None]:
        async def load(match_ids: list[str]) -> list[T | None]:
            async with self._turn:
                found = await ask(match_ids)
            return [found.get(each) for each in match_ids]

        return DataLoader(load_fn=load, max_batch_size=TOGETHER)


class Loaders:
    """The loaders of one operation. A key that fails does not fail the others of its batch, unless the store failed the
    whole batch."""

    def __init__(self, board: Matches, history: History) -> None:
        gathered = Gathered(history)

        async def view(match_id: str) -> MatchView | None:
            return await or_none(match_view(board, gathered, match_id))

        async def people(key: tuple[str, str]) -> list[PlayerView]:
            match_id, scope = key
            found = await view(match_id)
            return [] if found is None else await players(board, gathered, found, scope=scope)

        async def finished(match_id: str) -> list[RoundView]:
            return await rounds(board, gathered, match_id)

        async def latest(match_id: str) -> PredictionView | None:
            return await latest_or_none(board, gathered, match_id)

        async def cards(match_id: str) -> Sequence[QualityView]:
            found = await view(match_id)
            return () if found is None else (await quality(gathered, found)).maps

        self.views = _loader(view)
        self.rounds = _loader(finished)
        self.players = _loader(people)
        self.predictions = _loader(latest)
        self.scorecards = _loader(cards)


def _loader(ask: Callable[[K], Awaitable[T]]) -> DataLoader[K, T]:
    async def one(key: K) -> T | BaseException:
        try:
            return await ask(key)
        except Exception as error:  # noqa: BLE001 - the loader raises it where the key was requested
            return error

    async def load(keys: list[K]) -> list[T | BaseException]:
        return list(await asyncio.gather(*map(one, keys)))

    return DataLoader(load_fn=load)

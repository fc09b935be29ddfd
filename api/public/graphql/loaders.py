"""Each question to the store once an operation, however many fields ask it.

Belongs here: what is asked together. Does not belong here: the questions (the features' queries).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from strawberry.dataloader import DataLoader

from api.public.board import Matches
from api.public.graphql.absence import or_none
from api.public.history import History
from api.public.matches.queries import match_view
from api.public.players.queries import players
from api.public.players.resources import PlayerView
from api.public.predictions.queries import latest_or_none
from api.public.predictions.resources import PredictionView
from api.public.rounds.queries import rounds
from api.public.rounds.resources import RoundView
from game.view import MatchView

AT_ONCE = 4
"""Questions under way at the same time for one operation, so that it leaves threads to others."""

K = TypeVar("K")
T = TypeVar("T")


class Loaders:
    """The questions of one operation. One that fails does not fail the others that were asked with it."""

    def __init__(self, board: Matches, history: History) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

        async def view(match_id: str) -> MatchView | None:
            return await or_none(match_view(board, history, match_id))

        async def people(key: tuple[str, str]) -> list[PlayerView]:
            match_id, scope = key
            found = await view(match_id)
            return [] if found is None else await players(board, history, found, scope=scope)

        async def finished(match_id: str) -> list[RoundView]:
            return await rounds(board, history, match_id)

        async def latest(match_id: str) -> PredictionView | None:
            return await latest_or_none(board, history, match_id)

        self.views = self._loader(view)
        self.rounds = self._loader(finished)
        self.players = self._loader(people)
        self.predictions = self._loader(latest)

    def _loader(self, ask: Callable[[K], Awaitable[T]]) -> DataLoader[K, T]:
        async def one(key: K) -> T | BaseException:
            try:
                async with self._turn:
                    return await ask(key)
            except Exception as error:  # noqa: BLE001 - the loader raises it again where the key was asked for
                return error

        async def load(keys: list[K]) -> list[T | BaseException]:
            return list(await asyncio.gather(*map(one, keys)))

        return DataLoader(load_fn=load)

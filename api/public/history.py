"""Reads matches beyond this process's memory: an interface, and its implementation without a store.

Belongs here: the queries. Does not belong here: SQL (`store`), merging with live data (the features' queries).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from api.public.events.resources import EventView
from api.public.players.resources import MapLine
from api.public.predictions.resources import Kept, PointView
from api.public.rounds.resources import RoundView
from api.public.swings.resources import SwingsView
from api.public.timeline.resources import Moment
from game.view import MatchView

T = TypeVar("T")
Row = dict[str, Any]


class Stored(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Items ordered by seq, and the seq up to which they are complete."""

    items: list[T]
    through_seq: int


class History(ABC):
    """Reads matches of any age. Every query may raise AwayError. Retracted data is left out."""

    @abstractmethod
    async def views(self, limit: int) -> list[MatchView]:
        """Return the newest stored state of the most recently updated matches, newest first."""

    async def recent(self, limit: int) -> list[MatchView]:
        """Return the same as far as a cache has it immediately; never raises."""
        return []

    @abstractmethod
    async def view(self, match_id: str) -> MatchView | None:
        """Return the newest stored state of a match, or None."""

    @abstractmethod
    async def events(
        self, match_id: str, *, from_seq: int, type_: str | None, limit: int
    ) -> Stored[EventView]:
        """Return events from `from_seq` on, of one type if given."""

    @abstractmethod
    async def predictions(self, match_id: str, *, from_seq: int, limit: int) -> Stored[Kept]:
        """Return predictions from `from_seq` on."""

    @abstractmethod
    async def points(
        self, match_id: str, *, from_seq: int, horizon: str, resolution_ms: int, limit: int
    ) -> Stored[PointView]:
        """Return the last prediction of each interval of event time from `from_seq` on."""

    @abstractmethod
    async def moments(
        self, match_id: str, *, types: Sequence[str], from_seq: int, limit: int
    ) -> Stored[Moment]:
        """Return events of these types from `from_seq` on, each with the win probabilities after it."""

    @abstractmethod
    async def latest_prediction(self, match_id: str) -> Kept | None:
        """Return the newest prediction, or None."""

    @abstractmethod
    async def receipt(self, match_id: str, receipt_id: str) -> Kept | None:
        """Return the prediction with this receipt, even if retracted: a receipt is a proof."""

    @abstractmethod
    async def swings(self, match_id: str, *, from_seq: int, limit: int) -> Stored[SwingsView]:
        """Return swings from `from_seq` on."""

    @abstractmethod
    async def rounds(self, match_id: str) -> list[RoundView]:
        """Return finished rounds by map, in the order of play."""

    @abstractmethod
    async def players(self, match_id: str, *, scope: str) -> dict[str, list[MapLine]]:
        """Return the statistics of each player in the scope, by map in the order of play."""

    async def views_of(self, match_ids: Sequence[str]) -> Mapping[str, MatchView]:
        """Return the `view` of each match that has one. This and the next methods read many matches in one query where
        the implementation can."""
        found = [(each, await self.view(each)) for each in match_ids]
        return {match_id: view for match_id, view in found if view is not None}

    async def latest_of(self, match_ids: Sequence[str]) -> Mapping[str, Kept]:
        """Return the `latest_prediction` of each match that has one."""
        found = [(each, await self.latest_prediction(each)) for each in match_ids]
        return {match_id: kept for match_id, kept in found if kept is not None}

    async def rounds_of(self, match_ids: Sequence[str]) -> Mapping[str, list[RoundView]]:
        """Return the `rounds` of each match."""
        return {each: await self.rounds(each) for each in match_ids}

    async def players_of(
        self, match_ids: Sequence[str], *, scope: str
    ) -> Mapping[str, dict[str, list[MapLine]]]:
        """Return the `players` of each match."""
        return {each: await self.players(each, scope=scope) for each in match_ids}

    async def scorecards(self, match_ids: Sequence[str]) -> Mapping[str, list[Row]]:
        """Return the scorecards of the maps of each match that has any, in the order of play."""
        return {}

    @abstractmethod
    async def rows(self, question: str, **values: object) -> list[Row]:
        """Return the rows of a query of `sql` about finished data, to which memory has nothing to add."""

    @abstractmethod
    async def trouble(self) -> str | None:
        """Return why nothing can be queried now; None if it can."""


class NoHistory(History):
    """No store: only live data is known."""

    async def views(self, limit: int) -> list[MatchView]:
        return []

    async def view(self, match_id: str) -> MatchView | None:
        return None

    async def events(
        self, match_id: str, *, from_seq: int, type_: str | None, limit: int
    ) -> Stored[EventView]:
        return Stored(items=[], through_seq=0)

    async def predictions(self, match_id: str, *, from_seq: int, limit: int) -> Stored[Kept]:
        return Stored(items=[], through_seq=0)

    async def points(
        self, match_id: str, *, from_seq: int, horizon: str, resolution_ms: int, limit: int
    ) -> Stored[PointView]:
        return Stored(items=[], through_seq=0)

    async def moments(
        self, match_id: str, *, types: Sequence[str], from_seq: int, limit: int
    ) -> Stored[Moment]:
        return Stored(items=[], through_seq=0)

    async def latest_prediction(self, match_id: str) -> Kept | None:
        return None

    async def receipt(self, match_id: str, receipt_id: str) -> Kept | None:
        return None

    async def swings(self, match_id: str, *, from_seq: int, limit: int) -> Stored[SwingsView]:
        return Stored(items=[], through_seq=0)

    async def rounds(self, match_id: str) -> list[RoundView]:
        return []

    async def players(self, match_id: str, *, scope: str) -> dict[str, list[MapLine]]:
        return {}

    async def rows(self, question: str, **values: object) -> list[Row]:
        return []

    async def trouble(self) -> str | None:
        return None


class Relayed(History):
    """Passes every query on to another history; base class of those that change some queries."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def views(self, limit: int) -> list[MatchView]:
        return await self._history.views(limit)

    async def view(self, match_id: str) -> MatchView | None:
        return await self._history.view(match_id)

    async def events(
        self, match_id: str, *, from_seq: int, type_: str | None, limit: int
    ) -> Stored[EventView]:
        return await self._history.events(match_id, from_seq=from_seq, type_=type_, limit=limit)

    async def predictions(self, match_id: str, *, from_seq: int, limit: int) -> Stored[Kept]:
        return await self._history.predictions(match_id, from_seq=from_seq, limit=limit)

    async def points(
        self, match_id: str, *, from_seq: int, horizon: str, resolution_ms: int, limit: int
    ) -> Stored[PointView]:
        asked = {"from_seq": from_seq, "resolution_ms": resolution_ms, "limit": limit}
        return await self._history.points(match_id, horizon=horizon, **asked)

    async def moments(
        self, match_id: str, *, types: Sequence[str], from_seq: int, limit: int
    ) -> Stored[Moment]:
        return await self._history.moments(match_id, types=types, from_seq=from_seq, limit=limit)

    async def latest_prediction(self, match_id: str) -> Kept | None:
        return await self._history.latest_prediction(match_id)

    async def receipt(self, match_id: str, receipt_id: str) -> Kept | None:
        return await self._history.receipt(match_id, receipt_id)

    async def swings(self, match_id: str, *, from_seq: int, limit: int) -> Stored[SwingsView]:
        return await self._history.swings(match_id, from_seq=from_seq, limit=limit)

    async def rounds(self, match_id: str) -> list[RoundView]:
        return await self._history.rounds(match_id)

    async def players(self, match_id: str, *, scope: str) -> dict[str, list[MapLine]]:
        return await self._history.players(match_id, scope=scope)

    async def rows(self, question: str, **values: object) -> list[Row]:
        return await self._history.rows(question, **values)

    async def trouble(self) -> str | None:
        return await self._history.trouble()

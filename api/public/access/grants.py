"""Restricts a client to the matches that it is granted: the same backends, with all other matches filtered out.

Belongs here: filtering, and for which requests. Does not belong here: the grants themselves (`ring`), endpoints, which
need not know of them.

Aggregates over all matches (careers, leaderboards, calibration) would reveal data of other matches, so they are
refused. A match that is not granted looks like one that does not exist.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec.structs import replace

from api.problems import ProblemError, problem
from api.public import sql
from api.public.access.asking import client_of
from api.public.access.gate import TENANT
from api.public.access.ring import Tenant
from api.public.announcer import Announcer
from api.public.board import Matches
from api.public.desk import Desk
from api.public.directory import Directory
from api.public.events.resources import EventView
from api.public.history import History, Row, Stored
from api.public.players.resources import MapLine
from api.public.predictions.resources import Kept, PointView
from api.public.remembered import Remembered
from api.public.rounds.resources import RoundView
from api.public.sandbox.playing import BoardWithSandbox
from api.public.swings.resources import SwingsView
from api.public.timeline.resources import Moment
from game.events import AnyEvent
from game.view import MatchView

if TYPE_CHECKING:
    from adapters.catalog.clients import KeyLine
    from adapters.catalog.reading import Place, Wanted
    from api.public.backends import Backends

Allowed = Callable[[str], bool]
PAGE, PAGES_MAX = 500, 20
"""Matches per page of the catalog, and the maximum number of pages per answer."""
WIDER, VIEWS_MAX = 4, 1_000
"""Factor by which the store is asked for more matches if too few are granted, and the maximum it is asked for."""


def granted(behind: "Backends", scope: Mapping[str, Any]) -> "Backends":
    """Return `behind` restricted to what the requesting client is granted, with its own sandbox match added."""
    tenant = scope.get(TENANT)
    seen = behind if tenant is None or tenant.matches is None else _seen(behind, tenant)
    own = partial(behind.sandboxes.board, client_of(scope))
    return replace(seen, board=BoardWithSandbox(seen.board, own))


def _seen(behind: "Backends", tenant: Tenant) -> "Backends":
    return replace(
        behind,
        board=GrantedBoard(behind.board, tenant.may_see),
        history=GrantedHistory(behind.history, tenant.may_see),
        directory=GrantedDirectory(behind.directory, tenant.may_see),
        announcer=GrantedAnnouncer(behind.announcer, tenant.may_see),
        coverage=Remembered(),
    )


def refused() -> NoReturn:
    """Raises a 403 problem."""
    reason = "is summed over all matches, and this key is granted only some"
    raise ProblemError(problem(403, "not-granted", field="path", reason=reason))


class GrantedBoard(Matches):
    """The matches of a board that are granted."""

    def __init__(self, board: Matches, allowed: Allowed) -> None:
        self._board, self._allowed = board, allowed

    @property
    def is_fed(self) -> bool:
        return self._board.is_fed

    def is_late(self, match_id: str) -> bool:
        return self._board.is_late(match_id)

    def find(self, match_id: str) -> Desk | None:
        return self._board.find(match_id) if self._allowed(match_id) else None

    def views(self) -> list[MatchView]:
        return [view for view in self._board.views() if self._allowed(view.match_id)]

    def put(self, view: MatchView) -> Desk:
        assert self._allowed(view.match_id), "what is not allowed is not found in the store either"
        return self._board.put(view)


class GrantedHistory(History):
    """The matches of a history that are granted."""

    def __init__(self, history: History, allowed: Allowed) -> None:
        self._history, self._allowed = history, allowed

    async def views(self, limit: int) -> list[MatchView]:
        """Return granted views among the `VIEWS_MAX` latest; older ones are found only through the catalog."""
        asked = limit
        while True:
            stored = await self._history.views(asked)
            found = [view for view in stored if self._allowed(view.match_id)]
            if len(found) >= limit or len(stored) < asked or asked >= VIEWS_MAX:
                return found[:limit]
            asked = min(asked * WIDER, VIEWS_MAX)

    async def view(self, match_id: str) -> MatchView | None:
        return await self._history.view(match_id) if self._allowed(match_id) else None

    async def events(
        self, match_id: str, *, from_seq: int, type_: str | None, limit: int
    ) -> Stored[EventView]:
        if not self._allowed(match_id):
            return Stored(items=[], through_seq=0)
        return await self._history.events(match_id, from_seq=from_seq, type_=type_, limit=limit)

    async def predictions(self, match_id: str, *, from_seq: int, limit: int) -> Stored[Kept]:
        if not self._allowed(match_id):
            return Stored(items=[], through_seq=0)
        return await self._history.predictions(match_id, from_seq=from_seq, limit=limit)

    async def points(
        self, match_id: str, *, from_seq: int, horizon: str, resolution_ms: int, limit: int
    ) -> Stored[PointView]:
        if not self._allowed(match_id):
            return Stored(items=[], through_seq=0)
        return await self._history.points(
            match_id, from_seq=from_seq, horizon=horizon, resolution_ms=resolution_ms, limit=limit
        )

    async def moments(
        self, match_id: str, *, types: Sequence[str], from_seq: int, limit: int
    ) -> Stored[Moment]:
        if not self._allowed(match_id):
            return Stored(items=[], through_seq=0)
        return await self._history.moments(match_id, types=types, from_seq=from_seq, limit=limit)

    async def latest_prediction(self, match_id: str) -> Kept | None:
        return await self._history.latest_prediction(match_id) if self._allowed(match_id) else None

    async def receipt(self, match_id: str, receipt_id: str) -> Kept | None:
        return await self._history.receipt(match_id, receipt_id) if self._allowed(match_id) else None

    async def swings(self, match_id: str, *, from_seq: int, limit: int) -> Stored[SwingsView]:
        if not self._allowed(match_id):
            return Stored(items=[], through_seq=0)
        return await self._history.swings(match_id, from_seq=from_seq, limit=limit)

    async def rounds(self, match_id: str) -> list[RoundView]:
        return await self._history.rounds(match_id) if self._allowed(match_id) else []

    async def players(self, match_id: str, *, scope: str) -> dict[str, list[MapLine]]:
        return await self._history.players(match_id, scope=scope) if self._allowed(match_id) else {}

    async def views_of(self, match_ids: Sequence[str]) -> Mapping[str, MatchView]:
        return await self._history.views_of(self._ours(match_ids))

    async def latest_of(self, match_ids: Sequence[str]) -> Mapping[str, Kept]:
        return await self._history.latest_of(self._ours(match_ids))

    async def rounds_of(self, match_ids: Sequence[str]) -> Mapping[str, list[RoundView]]:
        return await self._history.rounds_of(self._ours(match_ids))

    async def players_of(
        self, match_ids: Sequence[str], *, scope: str
    ) -> Mapping[str, dict[str, list[MapLine]]]:
        return await self._history.players_of(self._ours(match_ids), scope=scope)

    async def scorecards(self, match_ids: Sequence[str]) -> Mapping[str, list[Row]]:
        return await self._history.scorecards(self._ours(match_ids))

    async def rows(self, question: str, **values: object) -> list[Row]:
        if question in sql.OF_NO_MATCH:
            return await self._history.rows(question, **values)
        match_id = values.get("match_id")
        if not isinstance(match_id, str):
            refused()
        return await self._history.rows(question, **values) if self._allowed(match_id) else []

    async def trouble(self) -> str | None:
        return await self._history.trouble()

    def _ours(self, match_ids: Sequence[str]) -> list[str]:
        return [each for each in match_ids if self._allowed(each)]


class GrantedDirectory(Directory):
    """The matches of a directory that are granted."""

    def __init__(self, directory: Directory, allowed: Allowed) -> None:
        super().__init__()
        self._directory, self._allowed = directory, allowed

    async def matches(self, wanted: "Wanted", *, limit: int) -> Sequence[Mapping[str, Any]]:
        """Read pages of the catalog until the result is full, nothing is left, or `PAGES_MAX` were read."""
        found: list[Mapping[str, Any]] = []
        for _ in range(PAGES_MAX):
            page = await self._directory.matches(wanted, limit=PAGE)
            found += [row for row in page if self._allowed(row["match_id"])]
            if len(found) >= limit or len(page) < PAGE:
                break
            wanted = replace(wanted, after=(page[-1]["plays_at"], page[-1]["match_id"]))
        return found[:limit]

    async def maps(self, match_ids: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        return await self._directory.maps([each for each in match_ids if self._allowed(each)])

    async def decided(self, match_ids: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        return await self._directory.decided([each for each in match_ids if self._allowed(each)])

    async def players(
        self, name: str, *, limit: int, after: "Place | None" = None
    ) -> Sequence[Mapping[str, Any]]:
        refused()

    async def player(self, player_id: str) -> Mapping[str, Any] | None:
        refused()

    async def names(self, player_ids: Sequence[str]) -> dict[str, str | None]:
        refused()

    async def teams(
        self, name: str, *, limit: int, after: "Place | None" = None
    ) -> Sequence[Mapping[str, Any]]:
        refused()

    async def team(self, team_id: str) -> Mapping[str, Any] | None:
        refused()

    async def formats(self) -> Sequence[Mapping[str, Any]]:
        refused()

    async def key(self, key_id: str) -> "KeyLine | None":
        refused()

    async def keys(self, key_ids: Sequence[str]) -> "Sequence[KeyLine]":
        refused()


class GrantedAnnouncer(Announcer):
    """An announcer limited to granted matches."""

    def __init__(self, announcer: Announcer, allowed: Allowed) -> None:
        self._announcer, self._allowed = announcer, allowed

    async def announce(self, event: AnyEvent) -> None:
        if not self._allowed(event.match_id):
            reason = "this key is not granted a match of this id"
            raise ProblemError(problem(403, "not-granted", field="path.match_id", reason=reason))
        await self._announcer.announce(event)

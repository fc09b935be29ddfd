"""Reads the list of matches and the state of each from board and history.

Belongs here: plain functions. Does not belong here: response types (`resources`), SQL (`api.public.sql`).
"""

from collections.abc import Sequence

from msgspec import Struct

from api.public.answers import not_found
from api.public.away import AwayError
from api.public.board import Matches
from api.public.cursors import Place
from api.public.history import History
from api.public.matches.resources import MatchDetail, MatchSummary, links, summary
from api.public.paging import LIMIT_MAX
from api.public.predictions.queries import latest_or_none
from game.view import MatchView


async def matches(board: Matches, history: History, limit: int) -> list[MatchSummary]:
    """Return the most recently updated matches: those in memory first, then those in the store. Raises AwayError if
    memory has none and the store is unavailable."""
    views = [view for view in board.views() if view.state][:limit]
    known = {view.match_id for view in views}
    try:
        stored = await history.views(limit) if len(views) < limit else []
    except AwayError:
        if not views:
            raise
        stored = []
    views += [view for view in stored if view.match_id not in known]
    return [summary(view) for view in views[:limit]]


class Page(Struct, frozen=True, kw_only=True):
    """Matches, the place after them, and whether there are more."""

    items: list[MatchSummary]
    end: Place
    has_more: bool


async def page(board: Matches, history: History, after: Place, *, limit: int) -> Page:
    """Return the page of matches after a place, within the first 1,000. Raises AwayError."""
    asked = min(LIMIT_MAX, after.at + limit + 1)
    found = await matches(board, history, asked)
    is_pushed_back = after.id not in {each.match_id for each in found[: after.at]} and after.at > 0
    if is_pushed_back and len(found) == asked < LIMIT_MAX:
        found = await matches(board, history, LIMIT_MAX)
    begin = behind(found, at=after.at, match_id=after.id)
    shown = found[begin : begin + limit]
    return Page(
        items=shown,
        end=Place(begin + len(shown), shown[-1].match_id if shown else after.id),
        has_more=len(found) > begin + limit,
    )


def behind(found: Sequence[MatchSummary], *, at: int, match_id: str) -> int:
    """Return the index at which a page begins: after its last match, which updates of others may have pushed back, or
    at its former index if that match itself moved to the front. Updated matches move to the front, so matches not yet
    listed are after both."""
    places = (place for place, each in enumerate(found, start=1) if each.match_id == match_id)
    return min(max(next(places, at), at), len(found))


async def match_view(board: Matches, history: History, match_id: str) -> MatchView:
    """Return the newest view of a match. Raises a 404 problem, AwayError."""
    desk = board.find(match_id)
    if desk is not None and desk.view.state:
        return desk.view
    found = await history.view(match_id) or (desk.view if desk is not None else None)
    if found is None:
        raise not_found("path.match_id", f"no match {match_id!r} is known")
    return found


async def demand_known(board: Matches, history: History, match_id: str, *, is_told: bool) -> None:
    """Raise what `match_view` raises, unless data of the match was already found: a page with items needs no second
    query to the store."""
    if not is_told:
        await match_view(board, history, match_id)


async def detail(board: Matches, history: History, match_id: str) -> MatchDetail:
    """Return a match with its finished maps and newest prediction."""
    view = await match_view(board, history, match_id)
    return MatchDetail(
        match=summary(view),
        finished_maps=view.state.get("finished_maps", []),
        prediction=await latest_or_none(board, history, match_id),
        links=links(match_id),
    )

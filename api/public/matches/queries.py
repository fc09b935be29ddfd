"""Which matches there are and how each stands. Plain functions over board and history."""

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
    """The matches that moved last: those in memory first, then those of the store."""
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
    """Matches, the place behind them, and whether more are there."""

    items: list[MatchSummary]
    end: Place
    has_more: bool


async def page(board: Matches, history: History, after: Place, *, limit: int) -> Page:
    """The same behind a place, as far as the thousandth. Raises AwayError."""
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
    """Where a page begins: behind its match, which others that moved have pushed back, or where it was, if it moved to
    the front itself. What moves comes to the front, so what was not yet told is behind both."""
    places = (place for place, each in enumerate(found, start=1) if each.match_id == match_id)
    return min(max(next(places, at), at), len(found))


async def match_view(board: Matches, history: History, match_id: str) -> MatchView:
    """The newest view of a match. Raises a 404 problem, AwayError."""
    desk = board.find(match_id)
    if desk is not None and desk.view.state:
        return desk.view
    found = await history.view(match_id) or (desk.view if desk is not None else None)
    if found is None:
        raise not_found("path.match_id", f"no match {match_id!r} is known")
    return found


async def demand_known(board: Matches, history: History, match_id: str, *, is_told: bool) -> None:
    """Raises what `match_view` raises, unless something of the match was told already: a page with items needs no
    second question of the store."""
    if not is_told:
        await match_view(board, history, match_id)


async def detail(board: Matches, history: History, match_id: str) -> MatchDetail:
    """A match with its finished maps and newest prediction."""
    view = await match_view(board, history, match_id)
    return MatchDetail(
        match=summary(view),
        finished_maps=view.state.get("finished_maps", []),
        prediction=await latest_or_none(board, history, match_id),
        links=links(match_id),
    )

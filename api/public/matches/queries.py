"""Which matches there are and how each stands. Plain functions over board and history."""

from collections.abc import Sequence

from api.public.answers import not_found
from api.public.away import AwayError
from api.public.board import Matches
from api.public.cursors import Place, encoded_place
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


async def page(
    board: Matches, history: History, after: Place, *, limit: int
) -> tuple[list[MatchSummary], str | None]:
    """The same behind a place, and the cursor of the next page; null at the end. Raises AwayError."""
    asked = min(LIMIT_MAX, after.at + limit + 1)
    found = await matches(board, history, asked)
    begin = behind(found, at=after.at, match_id=after.id)
    shown = found[begin : begin + limit]
    if len(found) <= begin + limit and not len(found) == asked < LIMIT_MAX:
        return shown, None
    return shown, encoded_place(begin + len(shown), shown[-1].match_id if shown else after.id)


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

"""Which matches there are and how each stands. Plain functions over board and history."""

from api.public.answers import not_found
from api.public.away import AwayError
from api.public.board import Matches
from api.public.history import History
from api.public.matches.resources import MatchDetail, MatchSummary, links, summary
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

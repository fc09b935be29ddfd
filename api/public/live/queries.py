"""Whose feed a client gets. Plain functions."""

from api.public.board import Matches
from api.public.desk import Desk
from api.public.history import History


async def followed(board: Matches, history: History, match_id: str) -> Desk | None:
    """The desk of a match, begun from the store where this process has not met it; None for an unknown match. Raises
    AwayError."""
    desk = board.find(match_id)
    if desk is not None:
        return desk
    view = await history.view(match_id)
    return None if view is None else board.put(view)

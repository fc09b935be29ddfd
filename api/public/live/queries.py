"""Finds the desk that a live client follows.

Belongs here: plain functions. Does not belong here: the feed itself (`feed`, `session`).
"""

from api.public.board import Matches
from api.public.desk import Desk
from api.public.history import History


async def followed(board: Matches, history: History, match_id: str) -> Desk | None:
    """Return the desk of a match, created from the store if this process does not hold it; None for an unknown match.
    Raises AwayError."""
    desk = board.find(match_id)
    if desk is not None:
        return desk
    view = await history.view(match_id)
    return None if view is None else board.put(view)

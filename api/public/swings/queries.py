"""Swings of a match, from memory and the store. Plain functions."""

from api.public.board import Board
from api.public.history import History, Stored
from api.public.paging import Page, page
from api.public.swings.resources import SwingsView


async def swings(
    board: Board, history: History, match_id: str, *, from_seq: int, limit: int
) -> Page[SwingsView]:
    """Swings from `from_seq` on. Raises HistoryAwayError."""

    async def fetch(seq: int) -> Stored[SwingsView]:
        return await history.swings(match_id, from_seq=seq, limit=limit + 1)

    desk = board.find(match_id)
    return await page(
        None if desk is None else desk.swings,
        fetch,
        from_seq=from_seq,
        limit=limit,
        show=lambda swings: swings,
        seq_of=lambda swings: swings.seq,
    )

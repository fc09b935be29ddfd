"""Reads processed events of a match from memory and the store.

Belongs here: plain functions. Does not belong here: paging (`api.public.paging`), response types (`resources`).
"""

from api.public.board import Matches
from api.public.events.resources import EventView, view
from api.public.history import History, Stored
from api.public.paging import Page, page


async def events(
    board: Matches, history: History, match_id: str, *, from_seq: int, type_: str | None, limit: int
) -> Page[EventView]:
    """Return events from `from_seq` on, of one type if given. Raises AwayError."""

    async def fetch(seq: int) -> Stored[EventView]:
        return await history.events(match_id, from_seq=seq, type_=type_, limit=limit + 1)

    desk = board.find(match_id)
    return await page(
        None if desk is None else desk.events,
        fetch,
        from_seq=from_seq,
        limit=limit,
        show=view,
        seq_of=lambda event: event.seq,
        keep=None if type_ is None else lambda event: event.type == type_,
    )

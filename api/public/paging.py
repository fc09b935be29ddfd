"""Pages by seq, put together from the store and from memory.

Belongs here: how the two meet. Does not belong here: what the items are.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

from api.public.history import HistoryAwayError, Stored
from api.public.ring import Ring

S = TypeVar("S")
T = TypeVar("T")
LIMIT, LIMIT_MAX = 100, 1000
SEQ_MAX = 2**62


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Items in the order of their seq. `next_from_seq` asks for what follows: null at the end of what there is now.
    Without `is_complete` something in between is not to be had at this moment."""

    items: list[T]
    next_from_seq: int | None
    is_complete: bool = True


async def page(
    ring: Ring[S] | None,
    fetch: Callable[[int], Awaitable[Stored[T]]],
    *,
    from_seq: int,
    limit: int,
    show: Callable[[S], T],
    seq_of: Callable[[T], int],
    keep: Callable[[S], bool] | None = None,
) -> Page[T]:
    """At most `limit` items from `from_seq` on: from memory if that has them all, else from the store and then memory.

    Memory holds `S`, of which `keep` says what is wanted and `show` how it looks; the store gives that look at once.

    Raises HistoryAwayError when the store is away and there is nothing in memory.
    """
    if ring is not None and ring.covers(from_seq):
        held = ring.since(from_seq, keep=keep, limit=limit + 1)
        return _page([show(each) for each in held], limit=limit, seq_of=seq_of)
    stored, is_there = await _stored(fetch, from_seq, ring)
    if ring is None or len(stored.items) > limit:
        return _page(stored.items, limit=limit, seq_of=seq_of, is_complete=is_there)
    follows = max(from_seq, stored.through_seq + 1)
    held = ring.since(follows, keep=keep, limit=limit + 1 - len(stored.items))
    items = stored.items + [show(each) for each in held]
    is_complete = is_there and (ring.covers(follows) or len(ring) == 0)
    return _page(items, limit=limit, seq_of=seq_of, is_complete=is_complete)


async def _stored(
    fetch: Callable[[int], Awaitable[Stored[T]]], from_seq: int, ring: Ring[S] | None
) -> tuple[Stored[T], bool]:
    try:
        return await fetch(from_seq), True
    except HistoryAwayError:
        if not ring:
            raise
        return Stored(items=[], through_seq=from_seq - 1), False


def _page(items: list[T], *, limit: int, seq_of: Callable[[T], int], is_complete: bool = True) -> Page[T]:
    """`items` may hold one more than `limit`: then there is a next page."""
    following = seq_of(items[limit]) if len(items) > limit else None
    return Page(items=items[:limit], next_from_seq=following, is_complete=is_complete)

"""Pages ordered by seq, combined from the store and memory.

Belongs here: joining the two. Does not belong here: the items.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

from api.public.away import AwayError
from api.public.history import Stored
from api.public.ring import Ring

S = TypeVar("S")
T = TypeVar("T")
LIMIT, LIMIT_MAX = 100, 1000


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Items ordered by seq. `next_from_seq` requests the next page; null at the current end. If `is_complete` is false,
    some items in between are unavailable at present."""

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
    """Return at most `limit` items from `from_seq` on: from memory if it has them all, else from the store and then
    memory.

    Memory holds items of type `S`: `keep` filters them and `show` converts them; the store returns converted items.

    Raises AwayError if the store is unavailable and memory holds nothing.
    """
    if ring is not None and ring.covers(from_seq):
        held = ring.since(from_seq, keep=keep, limit=limit + 1)
        return paged([show(each) for each in held], limit=limit, seq_of=seq_of)
    before = await before_memory(ring, fetch, from_seq=from_seq, seq_of=seq_of)
    left = limit + 1 - len(before.items)
    if ring is None or left <= 0:
        return paged(before.items, limit=limit, seq_of=seq_of, is_complete=before.is_there)
    items = before.items + [show(each) for each in ring.since(before.follows, keep=keep, limit=left)]
    return paged(items, limit=limit, seq_of=seq_of, is_complete=before.meets(ring))


class Before(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Items from the store, and the seq from which memory continues. If `is_there` is false, the store is
    unavailable."""

    items: list[T]
    follows: int
    is_there: bool

    def meets(self, ring: Ring[S]) -> bool:
        """Whether nothing is missing between the store and memory."""
        return self.is_there and (ring.covers(self.follows) or len(ring) == 0)


async def before_memory(
    ring: Ring[S] | None,
    fetch: Callable[[int], Awaitable[Stored[T]]],
    *,
    from_seq: int,
    seq_of: Callable[[T], int],
) -> Before[T]:
    """Return the store's items from `from_seq` on; none if it is unavailable and memory can answer instead.

    The store may have received more items since it reported `through_seq`: memory continues after the later of the two.

    Raises AwayError if the store is unavailable and memory holds nothing.
    """
    try:
        stored = await fetch(from_seq)
    except AwayError:
        if not ring:
            raise
        return Before(items=[], follows=from_seq, is_there=False)
    last = max([stored.through_seq, *map(seq_of, stored.items[-1:])])
    return Before(items=stored.items, follows=max(from_seq, last + 1), is_there=True)


def paged(items: list[T], *, limit: int, seq_of: Callable[[T], int], is_complete: bool = True) -> Page[T]:
    """Cut `items` to a page. They hold one item more than `limit` if there is a next page."""
    following = seq_of(items[limit]) if len(items) > limit else None
    return Page(items=items[:limit], next_from_seq=following, is_complete=is_complete)

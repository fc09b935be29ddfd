"""Pages by seq, put together from the store and from memory.

Belongs here: how the two meet. Does not belong here: what the items are.
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

    Raises AwayError when the store is away and there is nothing in memory.
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
    """What the store has, and the seq from which memory goes on. Without `is_there` the store is away."""

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
    """The store's items from `from_seq` on; none when it is away and memory can answer instead.

    The store may have got more items since it said how far it is: memory goes on behind the last of both.

    Raises AwayError when the store is away and there is nothing in memory.
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
    """`items` may hold one more than `limit`: then there is a next page."""
    following = seq_of(items[limit]) if len(items) > limit else None
    return Page(items=items[:limit], next_from_seq=following, is_complete=is_complete)

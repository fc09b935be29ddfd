"""Walking page by page gives everything once and in order, wherever memory begins and the store ends."""

import asyncio

from hypothesis import example, given
from hypothesis import strategies as st

from api.public.away import AwayError
from api.public.history import Stored
from api.public.paging import Page, page
from api.public.ring import Ring


def stored_until(last: int, *, limit: int, is_away: bool = False) -> "Fetch":
    return Fetch(last, limit, is_away)


class Fetch:
    """A store that has the even seqs up to `last`; the odd ones were withdrawn. Of them `late` came after it had said
    how far it is."""

    def __init__(self, last: int, limit: int, is_away: bool, late: int = 0) -> None:
        self._last, self._limit, self._is_away, self._late = last, limit, is_away, late

    async def __call__(self, seq: int) -> Stored[int]:
        if self._is_away:
            raise AwayError("store", "away")
        items = [each for each in range(0, self._last + 1, 2) if each >= seq]
        return Stored(items=items[: self._limit + 1], through_seq=max(0, self._last - self._late))


def ring_of(first: int, last: int) -> Ring[int]:
    """The even seqs from `first` on, as a reader holds them that began behind `first - 1`."""
    ring: Ring[int] = Ring(1000)
    ring.restart(first - 1)
    for seq in range(first + first % 2, last + 1, 2):
        ring.add(seq, seq=seq, prev_seq=ring.last_seq)
    return ring


def one(ring: Ring[int] | None, fetch: Fetch, from_seq: int, *, limit: int) -> Page[int]:
    return asyncio.run(
        page(ring, fetch, from_seq=from_seq, limit=limit, show=lambda seq: seq, seq_of=lambda seq: seq)
    )


@example(last=20, late=5, first=15, from_seq=10, limit=9)
@given(st.integers(0, 60), st.integers(0, 9), st.integers(1, 60), st.integers(0, 70), st.integers(1, 9))
def test_pages_meet_without_doubles_or_holes(
    last: int, late: int, first: int, from_seq: int, limit: int
) -> None:
    ring = ring_of(first, 60)
    fetch = Fetch(last, limit, is_away=False, late=late)
    walked: list[int] = []
    is_complete, at = True, from_seq
    while True:
        found = one(ring, fetch, at, limit=limit)
        walked += found.items
        is_complete = is_complete and found.is_complete
        assert len(found.items) <= limit
        if found.next_from_seq is None:
            break
        at = found.next_from_seq
    everything = [seq for seq in range(0, 61, 2) if seq >= from_seq]
    assert walked == sorted(set(walked))
    if last - late >= first - 1:
        assert is_complete
    assert not is_complete or walked == everything


def test_a_match_that_is_not_in_memory_is_the_stores() -> None:
    found = one(None, stored_until(10, limit=3), 3, limit=3)
    assert (found.items, found.next_from_seq, found.is_complete) == ([4, 6, 8], 10, True)


def test_without_the_store_memory_says_that_it_is_not_all() -> None:
    found = one(ring_of(50, 60), stored_until(0, limit=9, is_away=True), 0, limit=9)
    assert (found.items[0], found.is_complete) == (50, False)


def test_memory_alone_does_not_ask_the_store() -> None:
    found = one(ring_of(10, 60), stored_until(0, limit=9, is_away=True), 10, limit=9)
    assert (found.items[0], found.is_complete) == (10, True)

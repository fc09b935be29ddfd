"""The ring: the newest messages, none twice, no hole between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.public.ring import Ring


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(1, 8))
def test_what_is_kept_is_a_run_without_holes(seqs: list[int], size: int) -> None:
    """Each seq follows the one before it in the channel; some are lost, some told twice."""
    ring: Ring[int] = Ring(size)
    for seq in seqs:
        ring.add(seq, seq=seq, prev_seq=seq - 1)
        kept = ring.since(0)
        assert kept == list(range(ring.last_seq - len(kept) + 1, ring.last_seq + 1))
        assert 1 <= len(kept) <= size
        for wanted in range(45):
            assert ring.covers(wanted) == (bool(kept) and wanted >= kept[0])


def test_seqs_of_a_channel_may_have_gaps_of_their_own() -> None:
    ring: Ring[str] = Ring(4)
    assert ring.add("a", seq=3, prev_seq=0)
    assert ring.add("b", seq=7, prev_seq=3)
    assert not ring.add("b", seq=7, prev_seq=3)
    assert [ring.covers(seq) for seq in (0, 1, 3, 8)] == [False, True, True, True]
    assert ring.since(4) == ["b"]
    assert ring.newest() == "b"


def test_what_is_void_is_gone_and_still_seen() -> None:
    ring: Ring[int] = Ring(8)
    for seq in range(1, 6):
        ring.add(seq, seq=seq, prev_seq=seq - 1)
    ring.void(from_seq=2, to_seq=5)
    assert ring.since(0) == [1]
    assert not ring.add(5, seq=5, prev_seq=4)
    assert ring.add(6, seq=6, prev_seq=5)
    assert (ring.since(0), ring.covers(2)) == ([1, 6], True)


def test_all_may_be_void() -> None:
    ring: Ring[int] = Ring(8)
    for seq in (4, 5):
        ring.add(seq, seq=seq, prev_seq=seq - 1)
    ring.void(from_seq=1, to_seq=9)
    assert (ring.since(0), ring.newest(), ring.covers(5), ring.covers(6)) == ([], None, False, True)


def test_a_ring_that_begins_behind_a_seq_knows_what_follows() -> None:
    ring: Ring[int] = Ring(2)
    assert not ring.covers(1)
    ring.restart(0)
    assert ring.covers(1)
    ring.add(9, seq=9, prev_seq=0)
    assert (ring.covers(1), ring.covers(0)) == (True, False)


def test_a_retraction_stands_between_its_neighbours() -> None:
    ring: Ring[str] = Ring(8)
    ring.note("too early", seq=3)
    ring.add("1", seq=1, prev_seq=0)
    ring.note("r2", seq=2)
    ring.note("r2 again", seq=1)
    ring.add("2", seq=2, prev_seq=1)
    assert ring.since(0) == ["1", "r2", "2"]


def test_a_retraction_of_all_that_is_held_stands_before_what_follows() -> None:
    ring: Ring[str] = Ring(8)
    for seq in (4, 5):
        ring.add(str(seq), seq=seq, prev_seq=seq - 1)
    ring.void(from_seq=1, to_seq=5)
    ring.note("r6", seq=6)
    assert (ring.since(6), ring.covers(5), ring.covers(6)) == (["r6"], False, True)
    ring.add("6", seq=6, prev_seq=5)
    assert (ring.since(6), ring.covers(6)) == (["r6", "6"], True)


@pytest.mark.parametrize("first", [6, 9])
def test_a_retraction_of_what_was_before_all_that_is_held_stands_before_it(first: int) -> None:
    ring: Ring[str] = Ring(8)
    ring.note("r6", seq=6)
    assert (ring.since(5), ring.since(7), ring.last_seq) == (["r6"], [], -1)
    ring.add("next", seq=first, prev_seq=5)
    assert (ring.since(6), ring.covers(5), ring.covers(6)) == (["r6", "next"], False, True)


def test_a_retraction_before_a_hole_is_dropped_with_what_is_older() -> None:
    ring: Ring[str] = Ring(8)
    ring.add("1", seq=1, prev_seq=0)
    ring.note("r2", seq=2)
    ring.note("r8", seq=8)
    ring.add("9", seq=9, prev_seq=7)
    assert (ring.since(0), ring.covers(7), ring.covers(8)) == (["r8", "9"], False, True)


def test_since_keeps_and_limits() -> None:
    ring: Ring[int] = Ring(8)
    for seq in range(1, 8):
        ring.add(seq, seq=seq, prev_seq=seq - 1)
    assert ring.since(2, keep=lambda seq: seq % 2 == 0, limit=2) == [2, 4]
    assert ring.find(lambda seq: seq < 4) == 3
    assert ring.find(lambda seq: seq > 40) is None

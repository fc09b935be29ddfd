"""What became of attempts to defuse of which an export says nothing more."""

from collections.abc import Sequence

import pytest

from game import events as e
from game.sources.cs2df_bomb import aborts
from game.sources.cs2df_rows import Bomb2

BEGUN, LASTS = 1_000, 648
"""A tick, and the ticks of a defuse without a kit, slack included."""


@pytest.mark.parametrize(
    ("deaths", "ended"),
    [
        ([], BEGUN + LASTS),
        ([150], BEGUN + LASTS),
        ([1_200], 1_200),
        ([150, 1_200], 1_200),
        ([1_200, 1_300], 1_200),
    ],
)
def test_a_defuse_ends_with_the_first_death_after_it_was_begun(deaths: Sequence[int], ended: int) -> None:
    """Somebody who died before in the round, as in freeze time, plays on."""
    row = Bomb2(round_number=1, tick=BEGUN, type="defuse_begin", actor="ct1")
    (found,) = aborts([(0, row)], {"ct1": deaths}, tickrate=64, end_tick=5_000, kits=())
    assert (found.tick, found.kind) == (ended, e.BombDefuseAborted)

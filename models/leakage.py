"""Label leakage: checks whether labels are those of the previous round.

Belongs here: tests on labels. Does not belong here: what a leak does to a run (`orchestration.training_checks`).

A label that is really the winner of the round before is the commonest defect of recorded rounds: some recorders write
the state of freeze time beside the last result. Rows of a round share their label, so rounds are counted.
"""

from collections.abc import Sequence
from math import erfc, sqrt

from msgspec import Struct

ALPHA = 0.001
MOST_STREAK = 0.7
"""Largest plausible share of consecutive rounds won by the same side when both sides win equally often: 0.59 on
recorded CS2 maps, 0.64 on CS:GO states. The freeze-time defect gives 0.92."""


class LabelLeak(Struct, frozen=True, kw_only=True):
    """Test result: `share` is that of the `pairs` whose label equals the winner of the round before, `expected` the
    largest plausible one, `p_value` one-sided for at least that many equal labels."""

    pairs: int
    equal: int
    share: float
    expected: float
    p_value: float

    @property
    def is_found(self) -> bool:
        return self.p_value < ALPHA


def label_leak(labels: Sequence[bool], previous: Sequence[bool]) -> LabelLeak:
    """Tests the labels of rounds against the true winner of each previous round. Raises
    `ValueError` for unequal lengths."""
    equal = sum(label == before for label, before in zip(labels, previous, strict=True))
    pairs = len(labels)
    if not pairs:
        return LabelLeak(pairs=0, equal=0, share=0.0, expected=MOST_STREAK, p_value=1.0)
    expected = most_streak(sum(labels) / pairs, sum(previous) / pairs)
    if equal == pairs:
        return LabelLeak(pairs=pairs, equal=equal, share=1.0, expected=expected, p_value=expected**pairs)
    spread = sqrt(expected * (1 - expected) / pairs)
    z = (equal / pairs - expected) / spread
    return LabelLeak(
        pairs=pairs, equal=equal, share=equal / pairs, expected=expected, p_value=0.5 * erfc(z / sqrt(2))
    )


def most_streak(won: float, won_before: float) -> float:
    """The largest plausible share of consecutive rounds with the same winner, given CT's shares of wins. If one side is
    favoured, repeats are more frequent by chance. Of the rest, the limit takes the same share as for even sides."""
    by_chance = won * won_before + (1 - won) * (1 - won_before)
    return by_chance + (1 - by_chance) * (MOST_STREAK - 0.5) / 0.5

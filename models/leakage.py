"""Does a set of rows let a model see what it must not? Labels that are the last round's.

Belongs here: tests on labels. Does not belong here: what a leak does to a run
(`orchestration.training_checks`).

A label that is really the winner of the round before is the commonest defect of recorded rounds: a recorder that
writes the state of freeze time beside the last result. Rows of a round share their label, so rounds are counted.
"""

from collections.abc import Sequence
from math import erfc, sqrt

from msgspec import Struct

ALPHA = 0.001
MOST_STREAK = 0.7
"""Of consecutive rounds, those won by the same side where both sides win as often: 0.59 on recorded CS2 maps, 0.64 on
CS:GO states. The defect of freeze time gives 0.92."""


class LabelLeak(Struct, frozen=True, kw_only=True):
    """`share` of `pairs` whose label is the winner of the round before, beside what is `expected` at most; `p_value` is
    that of so many, one-sided."""

    pairs: int
    equal: int
    share: float
    expected: float
    p_value: float

    @property
    def is_found(self) -> bool:
        return self.p_value < ALPHA


def label_leak(labels: Sequence[bool], previous: Sequence[bool]) -> LabelLeak:
    """Labels of rounds beside the true winner of the round before each. Raises `ValueError` where lengths differ."""
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
    """What the same side may win of consecutive rounds where CT wins these shares: a game that favours a side repeats
    its winner by chance alone. Of what chance leaves, as large a part as where both sides win as often."""
    by_chance = won * won_before + (1 - won) * (1 - won_before)
    return by_chance + (1 - by_chance) * (MOST_STREAK - 0.5) / 0.5

"""Does a set of rows let a model see what it must not? Labels that are the last round's, maps on both sides of a split.

Belongs here: tests on rows and splits, numpy alone. Does not belong here: what a leak does to a run
(`orchestration.training_checks`).

A label that is really the winner of the round before is the commonest defect of recorded rounds: a recorder that
writes the state of freeze time beside the last result. Rows of a round share their label, so rounds are counted.
"""

from collections.abc import Hashable, Sequence
from datetime import date
from math import erfc, sqrt

from msgspec import Struct

ALPHA = 0.001
MOST_STREAK = 0.7
"""Of consecutive rounds, those won by the same side: 0.59 on recorded CS2 maps, 0.64 on CS:GO states. The defect of
freeze time gives 0.92."""


class LabelLeak(Struct, frozen=True, kw_only=True):
    """`share` of `pairs` whose label is the winner of the round before; `p_value` is that of so many, one-sided."""

    pairs: int
    equal: int
    share: float
    expected: float
    p_value: float

    @property
    def is_found(self) -> bool:
        return self.p_value < ALPHA


class SplitLeak(Struct, frozen=True, kw_only=True):
    """What stands on both sides of a split, and whether training looks into the future."""

    maps: tuple[str, ...]
    matches: tuple[str, ...]
    days_behind: int
    """Days by which the earliest map of the test lies before the last one of training; 0 where it does not."""


def label_leak(
    labels: Sequence[bool], previous: Sequence[bool], *, expected: float = MOST_STREAK
) -> LabelLeak:
    """Labels of rounds beside the true winner of the round before each. Raises `ValueError` where lengths differ."""
    equal = sum(label == before for label, before in zip(labels, previous, strict=True))
    pairs = len(labels)
    if not pairs:
        return LabelLeak(pairs=0, equal=0, share=0.0, expected=expected, p_value=1.0)
    spread = sqrt(expected * (1 - expected) / pairs)
    z = (equal / pairs - expected) / spread
    return LabelLeak(
        pairs=pairs, equal=equal, share=equal / pairs, expected=expected, p_value=0.5 * erfc(z / sqrt(2))
    )


def split_leak(
    train: Sequence[tuple[str, Hashable, date]],
    test: Sequence[tuple[str, Hashable, date]],
    *,
    is_by_date: bool,
) -> SplitLeak:
    """Each map as (key, match, day)."""
    maps = {key for key, _, _ in train} & {key for key, _, _ in test}
    matches = {match for _, match, _ in train} & {match for _, match, _ in test}
    last = max((day for _, _, day in train), default=date.min)
    first = min((day for _, _, day in test), default=date.max)
    return SplitLeak(
        maps=tuple(sorted(maps)),
        matches=tuple(sorted(str(match) for match in matches)),
        days_behind=max(0, (last - first).days) if is_by_date else 0,
    )

"""Probabilities as published, and how each horizon is computed from the shorter one.

Belongs here: rounding, intervals, and `r V(win) + (1 - r) V(loss)`. Does not belong here: the models' own numbers,
reading a state (`models.score`), bundles (`models.predictor`).

Published numbers have four decimals. Decided outcomes are exactly 0 or 1 (a draw: one half); open ones stay within
.0001 and .9999. A longer horizon is computed from the shorter one as published, so that anyone with the published round
and the tables of values can reproduce the published map and series to the last digit.
"""

from typing import Any, NamedTuple

from msgspec import UNSET, Struct, UnsetType

from game.messages import Probability
from game.payloads import Side

UNITS = 10_000
LEAST, MOST = 0.0001, 0.9999
Z_90 = 1.645
"""Standard deviations on each side of a 90 % interval."""


class Forecast(Struct, frozen=True, kw_only=True):
    """What is published for the three horizons, and the inputs of map and series for the receipt."""

    round: Probability
    map: Probability
    series: Probability
    score: dict[str, Any]
    outside: str | UnsetType = UNSET
    """What in a live state lies outside the model's support region (`models.support`)."""
    swing: float | UnsetType = UNSET
    """The chance of a swing (`models.swing_model`); only at whole seconds."""


class Band(NamedTuple):
    """Team A's chance with the ends of its 90 % interval."""

    p: float
    lo: float
    hi: float

    @staticmethod
    def exactly(p: float) -> "Band":
        return Band(p, p, p)

    def turned(self) -> "Band":
        """The band of the opponent."""
        return Band(1.0 - self.p, 1.0 - self.hi, 1.0 - self.lo)


def published(p: float) -> float:
    """Rounded to four decimals; only exactly 0 or 1 becomes 0 or 1."""
    units = int(p * UNITS + 0.5)
    if 0 < units < UNITS:
        return units / UNITS
    if units <= 0:
        return 0.0 if p == 0.0 else LEAST
    return 1.0 if p == 1.0 else MOST


def chance(band: Band, a_side: Side | None = None) -> Probability:
    """A band as a message: rounded, with its ends in order, and with CT's chance if `a_side` is given."""
    at, below, above = band
    p = lo = hi = published(at)
    if below != at or at != above:
        lo, hi = min(p, published(below)), max(p, published(above))
    p_b = _whole(1.0 - p)
    return Probability(
        p_a=p,
        p_b=p_b,
        lo=lo,
        hi=hi,
        confidence=_whole(1.0 - (hi - lo)),
        p_ct=None if a_side is None else (p if a_side == "ct" else p_b),
    )


def chained(shorter: Probability, won: Band, lost: Band) -> Band:
    """The longer horizon from the published shorter one and the values after it is won or lost."""
    p = shorter.p_a * won[0] + (1.0 - shorter.p_a) * lost[0]
    lo = shorter.lo * won[1] + (1.0 - shorter.lo) * lost[1]
    hi = shorter.hi * won[2] + (1.0 - shorter.hi) * lost[2]
    return Band(p, lo if lo < p else p, hi if hi > p else p)


def _whole(p: float) -> float:
    """The nearest ten-thousandth."""
    return int(p * UNITS + 0.5) / UNITS

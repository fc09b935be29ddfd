"""Probabilities as they are published, and how the three horizons follow from each other.

Belongs here: rounding, intervals, and `r V(win) + (1 - r) V(loss)`. Does not belong here: the models' own
numbers, what a state says (`models.score`), bundles (`models.predictor`).

Published numbers have four decimals. What is decided is exactly 0 or 1 (a draw: one half); what is not stays within
.0001 and .9999. A longer horizon is computed from the shorter one as published, so that who holds the published round
and the tables of values gets the published map and series to the last digit.
"""

from typing import Any, NamedTuple

from msgspec import Struct

from game.messages import Probability
from game.payloads import Side

DECIMALS = 4
LEAST, MOST = 0.0001, 0.9999
Z_90 = 1.645
"""Standard deviations on each side of a 90 % interval."""


class Forecast(Struct, frozen=True, kw_only=True):
    """What is published at the three horizons, and the inputs of map and series for the receipt."""

    round: Probability
    map: Probability
    series: Probability
    score: dict[str, Any]


class Band(NamedTuple):
    """Team A's chance with the ends of its 90 % interval."""

    p: float
    lo: float
    hi: float

    @staticmethod
    def exactly(p: float) -> "Band":
        return Band(p, p, p)

    def turned(self) -> "Band":
        """The opponent's."""
        return Band(1.0 - self.p, 1.0 - self.hi, 1.0 - self.lo)


def published(p: float) -> float:
    """Four decimals; only what is exactly 0 or 1 becomes 0 or 1."""
    near = round(p, DECIMALS)
    if 0.0 < near < 1.0 or p == near:
        return near
    return LEAST if near == 0.0 else MOST


def rounded(band: Band) -> Band:
    """All three as published, in order."""
    p = published(band.p)
    if band.lo == band.p == band.hi:
        return Band(p, p, p)
    return Band(p, min(p, published(band.lo)), max(p, published(band.hi)))


def chained(shorter: Band, won: Band, lost: Band) -> Band:
    """The longer horizon from the shorter one as published and the values after it is won or lost."""
    p = shorter.p * won.p + (1.0 - shorter.p) * lost.p
    lo = shorter.lo * won.lo + (1.0 - shorter.lo) * lost.lo
    hi = shorter.hi * won.hi + (1.0 - shorter.hi) * lost.hi
    return Band(p, min(p, lo), max(p, hi))


def probability_of(band: Band, a_side: Side | None = None) -> Probability:
    """The message of a rounded band; with CT's chance where `a_side` is given."""
    p_b = round(1.0 - band.p, DECIMALS)
    return Probability(
        p_a=band.p,
        p_b=p_b,
        lo=band.lo,
        hi=band.hi,
        confidence=round(1.0 - (band.hi - band.lo), DECIMALS),
        p_ct=None if a_side is None else (band.p if a_side == "ct" else p_b),
    )

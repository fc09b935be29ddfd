"""The series model: best of N over maps.

Belongs here: a team's chance to win the series, from maps won and its chance on the current map. Does not belong here:
the latter (`models.map_model`).

Maps to come are unknown: neither the map nor the starting sides are given. Their odds are averaged over both starting
sides: one half, or the chance known before the series. Under rules without overtime some of them are drawn.
"""

from functools import cache
from typing import NamedTuple

UNKNOWN_MAP = 0.5


class Odds(NamedTuple):
    """Team A's chances on a map; they sum to 1."""

    won: float
    drawn: float
    lost: float

    @staticmethod
    def of(chance: float, drawn: float = 0.0) -> "Odds":
        """Odds from a chance that counts a draw as half. The draw is capped at what `chance` leaves room for."""
        drawn = min(drawn, 2.0 * chance, 2.0 * (1.0 - chance))
        return Odds(chance - drawn / 2, drawn, 1.0 - chance - drawn / 2)


EVEN = Odds.of(UNKNOWN_MAP)


@cache
def series_value(maps: tuple[int, int], left: int, odds: Odds = EVEN) -> float:
    """Team A's chance when `maps` are won and `left` are still to be played, each with `odds`.

    The team with more maps in the end wins; the series is decided once the lead exceeds `left`. A level series (even
    best-of, drawn maps) counts half.
    """
    a, b = maps
    if abs(a - b) > left:
        return 1.0 if a > b else 0.0
    if left == 0:
        return 0.5
    won, lost = series_value((a + 1, b), left - 1, odds), series_value((a, b + 1), left - 1, odds)
    value = odds.won * won + odds.lost * lost
    return value + odds.drawn * series_value(maps, left - 1, odds) if odds.drawn else value

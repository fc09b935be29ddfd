"""The series model: best of N over maps.

Belongs here: a team's chance to win the series from maps won and the chance in the running one. Does not belong here:
that chance itself (`models.map_model`).

Maps still to come are unknown: who plays them on what, and who starts on which side. Over both starting sides they
count one half.
"""

from functools import cache

UNKNOWN_MAP = 0.5


@cache
def series_value(maps: tuple[int, int], left: int, map_p: float = UNKNOWN_MAP) -> float:
    """Team A's chance when `maps` are won and `left` are still to be played, each won with `map_p`.

    The winner is who has more maps in the end; nothing changes any more once the lead exceeds what is left. A level
    series (even best-of, drawn maps) counts half.
    """
    a, b = maps
    if abs(a - b) > left:
        return 1.0 if a > b else 0.0
    if left == 0:
        return 0.5
    won, lost = series_value((a + 1, b), left - 1, map_p), series_value((a, b + 1), left - 1, map_p)
    return map_p * won + (1.0 - map_p) * lost

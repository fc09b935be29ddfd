"""Which kill trades which death: the single rule for statistics and swing.

Belongs here: the window, and how many kills of a round are remembered for it. Does not belong here: what a trade counts
for (`tally`, `models.swing`).
"""

from game.stats import TRADE_WINDOW_S

MOST_REMEMBERED = 16
"""Kills of a round remembered for trades. More than ten players can die within the window, because of respawns."""


def is_trade(death_s: float | None, kill_s: float | None) -> bool:
    """Whether a kill at `kill_s` falls within the window after a death at `death_s`, both in seconds of the round;
    False if either is unknown. Compared to the millisecond, as in events; the window is inclusive."""
    return death_s is not None and kill_s is not None and round(kill_s - death_s, 3) <= TRADE_WINDOW_S

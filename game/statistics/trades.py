"""Which kill avenges which: the one rule of trades, for statistics and swing alike.

Belongs here: the window, and how much of a round is remembered for it. Does not belong here: what a trade counts
(`tally`, `models.swing`).
"""

from game.stats import TRADE_WINDOW_S

MOST_REMEMBERED = 16
"""Kills of a round that a trade may belong to: more than ten players can die within the window, respawns included."""


def is_trade(death_s: float | None, kill_s: float | None) -> bool:
    """Whether a kill at `kill_s` comes within the window after a death at `death_s`, both in seconds of the round;
    never where either is unknown. To the millisecond, as events are told: the window is inclusive."""
    return death_s is not None and kill_s is not None and round(kill_s - death_s, 3) <= TRADE_WINDOW_S

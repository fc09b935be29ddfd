"""Buy classes of players and teams.

Belongs here: the classes of `game.stats.BUY_CLASSES`. Does not belong here: the map model's own classes
(`models.map_model`).

Equipment is read at the end of freeze time, not 7 s later as cs-demo-analyzer does: buys in those seconds are rare, and
every source knows the earlier moment.
"""

from collections.abc import Sequence

from game.payloads import Side
from game.stats import (
    BUY_CLASSES,
    EQUIPMENT_ECO,
    EQUIPMENT_FULL_CT,
    EQUIPMENT_FULL_T,
    MONEY_FORCE,
    BuyClass,
)


def buy_class(
    equipment: Sequence[int],
    money: Sequence[int | None],
    *,
    side: Side,
    is_pistol: bool,
    has_lost_before: bool,
) -> int:
    """Index of the buy class of a player or a team in `BUY_CLASSES`; 0 for no player.

    `equipment` and `money` are dollars by player; a team's limits are a player's times its size. If any money is
    unknown, the class cannot be a forced buy.
    """
    size = len(equipment)
    if size == 0:
        return BUY_CLASSES.index("unknown")
    if is_pistol:
        return BUY_CLASSES.index("pistol")
    is_forced = has_lost_before and None not in money and sum(m or 0 for m in money) <= MONEY_FORCE * size
    return BUY_CLASSES.index(_by_value(sum(equipment) / size, side, is_forced=is_forced))


def _by_value(equipment: float, side: Side, *, is_forced: bool) -> BuyClass:
    if equipment <= EQUIPMENT_ECO:
        return "eco"
    if equipment >= (EQUIPMENT_FULL_CT if side == "ct" else EQUIPMENT_FULL_T):
        return "full"
    return "force" if is_forced else "semi"

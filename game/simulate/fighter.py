"""One player of a simulated match.

Belongs here: a player's equipment and its value, and the player's place. Does not belong here: decisions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from game.payloads import Grenade, Loadout, Side, Team
from game.simulate.armory import (
    DOLLARS_PER_ARMOR_POINT,
    GRENADE_PRICES,
    GUNS,
    HELMET_PRICE,
    KIT_PRICE,
    PISTOL,
    Gun,
)


@dataclass(slots=True, kw_only=True, eq=False)
class Fighter:
    """Mutable; compared by identity. Money in dollars, health and armour in points; `cell` and `goal` are cells of the
    map's ground."""

    player_id: str
    name: str
    team: Team
    skill: float
    """Log odds in a fight."""
    side: Side = "ct"
    money: int = 0
    start_money: int = 0
    health: int = 100
    armor: int = 0
    has_helmet: bool = False
    has_kit: bool = False
    primary: str | None = None
    secondary: str = "usp_silencer"
    grenades: list[Grenade] = field(default_factory=list)
    cell: int = 0
    goal: int = 0
    way: tuple[int, ...] = ()
    """The cells of the walk to `goal`, including some that lie behind."""
    at: float = 0.0
    """Position along `way` at the end of the current second: 2.5 is halfway from its third cell to its fourth."""
    was_at: float = 0.0
    """Position along `way` at the start of the current second."""
    number: int = 0
    """The player's number among the five of the side."""
    aim: int | None = None
    """The cell where the player last saw an enemy."""
    aims_until_s: float = 0.0
    blind_until_s: float = 0.0
    blinded_by: str | None = None
    is_saving: bool = False

    @property
    def is_alive(self) -> bool:
        return self.health > 0

    @property
    def gun(self) -> Gun:
        return GUNS[self.primary or self.secondary]

    @property
    def equipment_value(self) -> int:
        """Dollars of everything carried."""
        value = GUNS[self.secondary].price + (GUNS[self.primary].price if self.primary else 0)
        value += sum(GRENADE_PRICES[grenade] for grenade in self.grenades)
        value += round(DOLLARS_PER_ARMOR_POINT * self.armor) + HELMET_PRICE * self.has_helmet
        return value + KIT_PRICE * self.has_kit

    def copy(self) -> "Fighter":
        """A copy that shares no mutable data."""
        return replace(self, grenades=list(self.grenades))

    def strip(self) -> None:
        """Lose everything but the side's own pistol."""
        self.armor, self.has_helmet, self.has_kit = 0, False, False
        self.primary, self.secondary, self.grenades = None, PISTOL[self.side], []

    def revive(self) -> None:
        """Restore full health; a dead player has lost all equipment."""
        if not self.is_alive:
            self.strip()
        self.health, self.blind_until_s, self.aim = 100, 0.0, None
        self.blinded_by, self.is_saving = None, False

    def stand(self, cell: int, *, number: int) -> None:
        """Stand at a cell, without a goal elsewhere."""
        self.cell = self.goal = cell
        self.way, self.at, self.was_at, self.number = (cell,), 0.0, 0.0, number

    def loadout(self) -> Loadout:
        """The loadout as the feed reports it."""
        return Loadout(
            player_id=self.player_id,
            money=self.money,
            money_spent=max(0, self.start_money - self.money),
            equipment_value=self.equipment_value,
            armor=self.armor,
            has_helmet=self.has_helmet,
            has_kit=self.has_kit,
            has_primary=self.primary is not None,
            primary=self.primary,
            secondary=self.secondary,
            grenades=len(self.grenades),
        )


def living(fighters: Iterable[Fighter], side: Side) -> list[Fighter]:
    return [fighter for fighter in fighters if fighter.side == side and fighter.health > 0]

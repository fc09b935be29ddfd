"""Weapons and items for sale, with their damage.

Belongs here: prices, rewards, damage of weapons. Does not belong here: who buys (`game.simulate.economy`), fights
(`game.simulate.combat`).

Prices and kill rewards are the game's. Damage to the body of an armoured player, damage to the head and the share of
head hits are rounded means over the damage rows of the recorded maps.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from game.payloads import Grenade, Side

KEVLAR_PRICE, HELMET_PRICE, KIT_PRICE = 650, 350, 400
DOLLARS_PER_ARMOR_POINT = 6.5


class Gun(Struct, frozen=True, kw_only=True):
    """`power` is the gun's strength in a fight (rifle = 1); damage in points, prices in dollars."""

    name: str
    price: int
    power: float
    body: int
    head: int
    head_share: float
    kill_reward: int = 300
    is_primary: bool = True


def _gun(name: str, price: int, **values: float) -> Gun:
    return Gun(
        name=name,
        price=price,
        power=values["power"],
        body=int(values["body"]),
        head=int(values["head"]),
        head_share=values["head_share"],
        kill_reward=int(values.get("reward", 300)),
        is_primary=bool(values.get("primary", 1)),
    )


_ALL = (
    _gun("glock", 200, power=0.5, body=22, head=56, head_share=0.24, primary=0),
    _gun("usp_silencer", 200, power=0.42, body=23, head=70, head_share=0.24, primary=0),
    _gun("p250", 300, power=0.55, body=27, head=98, head_share=0.3, primary=0),
    _gun("tec9", 500, power=0.62, body=26, head=100, head_share=0.24, primary=0),
    _gun("fiveseven", 500, power=0.6, body=25, head=100, head_share=0.26, primary=0),
    _gun("deagle", 700, power=0.62, body=44, head=150, head_share=0.24, primary=0),
    _gun("mac10", 1050, power=0.7, body=18, head=66, head_share=0.18, reward=600),
    _gun("mp9", 1250, power=0.72, body=18, head=62, head_share=0.2, reward=600),
    _gun("galilar", 1800, power=0.88, body=25, head=100, head_share=0.17),
    _gun("famas", 1950, power=0.85, body=24, head=96, head_share=0.18),
    _gun("ssg08", 1700, power=0.72, body=70, head=150, head_share=0.2),
    _gun("ak47", 2700, power=1.0, body=28, head=130, head_share=0.17),
    _gun("m4a1", 2900, power=1.0, body=24, head=92, head_share=0.17),
    _gun("m4a1_silencer", 2900, power=1.0, body=26, head=92, head_share=0.17),
    _gun("awp", 4750, power=1.12, body=105, head=150, head_share=0.1, reward=100),
    _gun("knife", 0, power=0.3, body=40, head=55, head_share=0.1, reward=1500, primary=0),
)
GUNS: Mapping[str, Gun] = MappingProxyType({gun.name: gun for gun in _ALL})

PISTOL: Mapping[Side, str] = MappingProxyType({"ct": "usp_silencer", "t": "glock"})
RIFLES: Mapping[Side, tuple[str, ...]] = MappingProxyType(
    {"ct": ("m4a1_silencer", "m4a1", "m4a1_silencer"), "t": ("ak47",)}
)
CHEAP_RIFLE: Mapping[Side, str] = MappingProxyType({"ct": "famas", "t": "galilar"})
SUBMACHINE_GUN: Mapping[Side, str] = MappingProxyType({"ct": "mp9", "t": "mac10"})
STRONG_PISTOLS: Mapping[Side, tuple[str, ...]] = MappingProxyType(
    {"ct": ("fiveseven", "p250", "deagle"), "t": ("tec9", "p250", "deagle")}
)

GRENADE_PRICES: Mapping[Grenade, int] = MappingProxyType(
    {"smoke": 300, "flash": 200, "he": 300, "molotov": 400, "incendiary": 500, "decoy": 50}
)
GRENADE_ITEMS: Mapping[Grenade, str] = MappingProxyType(
    {
        "smoke": "smokegrenade",
        "flash": "flashbang",
        "he": "hegrenade",
        "molotov": "molotov",
        "incendiary": "incgrenade",
        "decoy": "decoy",
    }
)
"""Grenades' names as items."""
FIRE: Mapping[Side, Grenade] = MappingProxyType({"ct": "incendiary", "t": "molotov"})
GRENADE_LIMIT = 4

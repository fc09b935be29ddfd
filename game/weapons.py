"""Kinds of weapons and items, by the names that sources use.

Belongs here: classification by name. Does not belong here: prices and damage, which sources report.
"""

_RIFLES = ("ak47", "aug", "famas", "galilar", "m4a1", "m4a1_silencer", "m4a4", "sg556")
_SNIPERS = ("awp", "g3sg1", "scar20", "ssg08")
_SUBMACHINE_GUNS = ("bizon", "mac10", "mp5sd", "mp7", "mp9", "p90", "ump45")
_HEAVY = ("m249", "mag7", "negev", "nova", "sawedoff", "xm1014")
_PRIMARIES = frozenset(_RIFLES + _SNIPERS + _SUBMACHINE_GUNS + _HEAVY)
_GRENADES = frozenset(["hegrenade", "flashbang", "smokegrenade", "molotov", "incgrenade", "decoy"])
_UTILITY = _GRENADES | frozenset(
    ["inferno", "firebomb", "molotov_projectile", "hegrenade_projectile", "fire"]
)
_PREFIXES = ("weapon_", "item_")
_SHOWN = {
    "m4a1s": "m4a1_silencer",
    "sg553": "sg556",
    "ppbizon": "bizon",
    "incendiarygrenade": "incgrenade",
    "highexplosivegrenade": "hegrenade",
    "decoygrenade": "decoy",
}
"""Names that the game displays to players, where they differ."""


def plain_name(name: str | None) -> str:
    """The common name of a weapon: `weapon_ak47`, `AK-47` and `ak47` are the same."""
    plain = (name or "").lower().replace("-", "").replace(" ", "")
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    return _SHOWN.get(plain, plain)


def is_primary(name: str | None) -> bool:
    """Whether it is a rifle, sniper rifle, submachine gun, shotgun or machine gun."""
    return plain_name(name) in _PRIMARIES


def is_grenade(name: str | None) -> bool:
    """Whether it can be thrown; includes decoys."""
    return plain_name(name) in _GRENADES


def is_utility(name: str | None) -> bool:
    """Whether its damage is utility damage: grenades and the fire that they leave."""
    return plain_name(name) in _UTILITY

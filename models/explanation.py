"""Explains a change of probability: the difference between two states, divided exactly among groups of inputs.

Belongs here: the groups, and the Shapley values over them. Does not belong here: which states are compared, or the
probabilities themselves (`models.predictor`).

A group's share is the change of the probability when the group changes, averaged over all orders in which the groups
may change. With seven groups that takes 128 model calls, without sampling.
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from math import factorial

from msgspec.structs import asdict, replace

from game.features import Features

GROUPS: Mapping[str, tuple[str, ...]] = {
    "players": ("ct_alive", "t_alive"),
    "health": ("ct_hp", "t_hp"),
    "armor": ("ct_armor", "t_armor", "ct_helmets", "t_helmets"),
    "weapons": ("ct_equipment", "t_equipment", "ct_primaries", "t_primaries"),
    "grenades": ("ct_grenades", "t_grenades"),
    "kits": ("ct_kits",),
    "bomb_and_clock": (
        "is_planted",
        "round_left_s",
        "bomb_left_s",
        "is_pistol",
        "is_defusing",
        "can_defuse_finish",
        "defuse_progress",
    ),
}
UNITS = 10_000
"""Published probabilities have four decimals, and so do the shares."""
Chance = Callable[[Features], float]


def explained(chance: Chance, before: Features, after: Features, *, difference: float) -> dict[str, float]:
    """The published `difference` by group, in ten-thousandths that sum to it exactly. Groups that
    did not change are left out."""
    changed = tuple(name for name, fields in GROUPS.items() if _differs(before, after, fields))
    if not changed:
        return {}
    values = _values(chance, before, after, changed=changed)
    shares = {name: _shapley(values, changed, name) for name in changed}
    return _whole(shares, round(difference * UNITS))


def _values(
    chance: Chance, before: Features, after: Features, *, changed: tuple[str, ...]
) -> dict[frozenset[str], float]:
    """The probability for each set of changed groups, with the other groups as before."""
    now = asdict(after)
    return {
        (chosen := frozenset(some)): chance(
            replace(before, **{field: now[field] for name in chosen for field in GROUPS[name]})
        )
        for size in range(len(changed) + 1)
        for some in combinations(changed, size)
    }


def _shapley(values: Mapping[frozenset[str], float], changed: tuple[str, ...], name: str) -> float:
    others = [each for each in changed if each != name]
    count, total = len(changed), 0.0
    for size in range(count):
        weight = factorial(size) * factorial(count - size - 1) / factorial(count)
        for some in combinations(others, size):
            without = frozenset(some)
            total += weight * (values[without | {name}] - values[without])
    return total


def _whole(shares: Mapping[str, float], units: int) -> dict[str, float]:
    """Shares rounded to ten-thousandths that sum to `units`; the largest share takes the rounding remainder."""
    told = {name: round(share * UNITS) for name, share in shares.items()}
    largest = max(told, key=lambda name: (abs(shares[name]), name))
    told[largest] += units - sum(told.values())
    return {name: share / UNITS for name, share in sorted(told.items(), key=lambda each: -abs(each[1]))}


def _differs(before: Features, after: Features, fields: tuple[str, ...]) -> bool:
    return any(getattr(before, field) != getattr(after, field) for field in fields)

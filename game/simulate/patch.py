"""Variants of the game: what an update might change about how rounds are decided.

Belongs here: named sets of changes. Does not belong here: how a match is played with them.

The reducer does not learn of a patch, just as it would not learn of a real one on the day of its release: it still
assumes 40 s on the bomb.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from game.rules import Rules
from game.simulate.armory import Gun

RuleSet = Literal["current", "patch"]
RULE_SETS: tuple[RuleSet, ...] = get_args(RuleSet)


class Patch(Struct, frozen=True, kw_only=True):
    """`bomb_s` is the bomb's timer in seconds, null for that of the rules; `powers` multiply `Gun.power` by gun."""

    bomb_s: float | None = None
    powers: tuple[tuple[str, float], ...] = ()

    def power(self, gun: Gun) -> float:
        """The gun's strength in a fight under this patch (a rifle of the current game: 1)."""
        return gun.power * next((factor for name, factor in self.powers if name == gun.name), 1.0)

    def rules(self, rules: Rules) -> Rules:
        """The rules with this patch applied."""
        if self.bomb_s is None:
            return rules
        return replace(rules, bomb_s=self.bomb_s, rules_id=f"{rules.rules_id}+patch")


PATCHES: Mapping[RuleSet, Patch] = MappingProxyType(
    {
        "current": Patch(),
        "patch": Patch(
            bomb_s=25.0, powers=(("ak47", 1.25), ("galilar", 1.25), ("mac10", 1.2), ("glock", 1.15))
        ),
    }
)
"""The patches by name. `patch` has a bomb timer too short for a late retake, and T guns that outmatch those of CT."""

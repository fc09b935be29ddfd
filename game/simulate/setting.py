"""The settings of a simulated match.

Belongs here: the caller's choices. Does not belong here: how play follows from them.
"""

from datetime import UTC, datetime

from msgspec import Struct

from game.simulate.patch import RuleSet

BEST_OF = (1, 3, 5)
"""Odd numbers only: in an even format there might be no winner, and the simulator has no draws."""
POSITIONS_HZ = (0, 1, 2, 4, 8)
MAP_POOL = ("de_ancient", "de_anubis", "de_dust2", "de_inferno", "de_mirage", "de_nuke", "de_overpass")


class Setting(Struct, frozen=True, kw_only=True):
    """Settings of a simulated series; the same setting gives the same bytes.

    `strength` is team A's advantage in log odds of a fight (0: equal; 0.3: clear favourite). `best_of` is one of
    `BEST_OF`, `position_hz` one of `POSITIONS_HZ` (0: no positions). `maps` overrides the veto: as many names as the
    series may need. With `has_footsteps` each running player gives one footstep event a second.
    """

    seed: int
    starts_at: datetime = datetime(2026, 1, 18, 12, 0, tzinfo=UTC)
    best_of: int = 3
    strength: float = 0.0
    position_hz: int = 1
    maps: tuple[str, ...] = ()
    has_warmup: bool = True
    has_pauses: bool = True
    has_shots: bool = True
    has_footsteps: bool = False
    name_a: str = "Team Aspen"
    name_b: str = "Team Birch"
    rules: RuleSet = "current"
    """`patch` changes the game (`game.simulate.patch`); no event mentions it."""

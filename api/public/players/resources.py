"""Response types of a match's players and their statistics.

Belongs here: types only. Does not belong here: reading statistics (`queries`).
"""

import msgspec


class MapLine(msgspec.Struct, frozen=True, kw_only=True):
    """A player's statistics in one scope of one map, after `seq`. Keys are IDs of `/api/v1/definitions`."""

    map_id: str
    seq: int
    rounds: int
    """Number of rounds that the statistics cover."""
    stats: dict[str, float]


class PlayerView(msgspec.Struct, frozen=True, kw_only=True):
    """One player: identity and status in the running round (null if the state of the match is not known)."""

    player_id: str
    name: str | None = None
    team: str | None = None
    is_bot: bool = False
    is_connected: bool = True
    is_alive: bool | None = None
    health: int | None = None
    armor: int | None = None
    money: int | None = None
    scope: str = "map"
    """Scope of the statistics in `maps`."""
    maps: tuple[MapLine, ...] = ()

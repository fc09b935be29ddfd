"""Players and their statistics as the API shows them. Shapes only."""

import msgspec


class MapLine(msgspec.Struct, frozen=True, kw_only=True):
    """A player's statistics in the scope of one map, after `seq`; keys are ids of `/api/v1/definitions`."""

    map_id: str
    seq: int
    rounds: int
    """Rounds that the figures are over."""
    stats: dict[str, float]


class PlayerView(msgspec.Struct, frozen=True, kw_only=True):
    """One player: who it is, how it stands in the running round (null when the match's state is not known)."""

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
    """What the lines of `maps` cover."""
    maps: tuple[MapLine, ...] = ()

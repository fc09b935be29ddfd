"""Response types of players across matches.

Belongs here: types only. Does not belong here: the computation (`queries`).
"""

import msgspec


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A player, under the name last seen."""

    player_id: str
    name: str | None
    is_bot: bool
    last_match_id: str | None
    last_seen_at: str


class CareerMap(msgspec.Struct, frozen=True, kw_only=True):
    """One map that the player played; `stats` as under `/matches/{id}/players`."""

    match_id: str
    map_id: str
    map_name: str | None
    rounds: int
    last_event_at: str
    stats: dict[str, float]


class CareerSplit(msgspec.Struct, frozen=True, kw_only=True):
    """Several maps aggregated: counts are summed, rates are over all their rounds."""

    maps: int
    rounds: int
    stats: dict[str, float]


class Career(msgspec.Struct, frozen=True, kw_only=True):
    """A player: all maps together, by map name, by side (`ct`, `t`), and the latest maps one by one. The rounds of a
    side are those that he played on it."""

    player: Known
    total: CareerSplit
    by_map: dict[str, CareerSplit]
    by_side: dict[str, CareerSplit]
    form: tuple[CareerMap, ...]


class Leader(msgspec.Struct, frozen=True, kw_only=True):
    """A player's place in the order of one statistic."""

    place: int
    player_id: str
    name: str | None
    maps: int
    rounds: int
    value: float


class Leaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """Players with enough rounds, ordered by `definition`, an ID of `/api/v1/definitions`."""

    definition: str
    unit: str
    least_rounds: int
    players: tuple[Leader, ...]
    next_cursor: str | None = None
    """Cursor of the next page; null on the last page."""


class SwingMoment(msgspec.Struct, frozen=True, kw_only=True):
    """The swing for which a player was credited with the most: `credit` is in round win probability, for his own
    team."""

    match_id: str
    map_id: str | None
    map_name: str | None
    map_number: int | None
    round_no: int | None
    seq: int
    ts_event: str
    cause: str
    p_a_before: float
    p_a_after: float
    credit: float


class SwingLeader(msgspec.Struct, frozen=True, kw_only=True):
    """A player's place in the order of swings: total credit, credit per round, and his best moment. `rounds` counts the
    rounds in which he was credited with anything."""

    place: int
    player_id: str
    name: str | None
    rounds: int
    total: float
    per_round: float
    best: SwingMoment


class SwingLeaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """Players with enough rounds, ordered by best moment (`best`), total credit (`total`) or credit per round
    (`round`)."""

    by: str
    least_rounds: int
    players: tuple[SwingLeader, ...]
    next_cursor: str | None = None
    """Cursor of the next page; null on the last page."""

"""Careers as the API shows them. Shapes only."""

import msgspec


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A player by his last name seen."""

    player_id: str
    name: str | None
    is_bot: bool
    last_match_id: str | None
    last_seen_at: str


class CareerMap(msgspec.Struct, frozen=True, kw_only=True):
    """One map that he played; `stats` as under `/matches/{id}/players`."""

    match_id: str
    map_id: str
    map_name: str | None
    rounds: int
    last_event_at: str
    stats: dict[str, float]


class CareerSplit(msgspec.Struct, frozen=True, kw_only=True):
    """Several maps as one: counts are sums, rates are over all their rounds."""

    maps: int
    rounds: int
    stats: dict[str, float]


class Career(msgspec.Struct, frozen=True, kw_only=True):
    """A player: all maps together, by map's name, by side (`ct`, `t`), and the latest maps one by one. The rounds of
    a side are those that he played on it."""

    player: Known
    total: CareerSplit
    by_map: dict[str, CareerSplit]
    by_side: dict[str, CareerSplit]
    form: tuple[CareerMap, ...]


class Leader(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the order of one statistic."""

    place: int
    player_id: str
    name: str | None
    maps: int
    rounds: int
    value: float


class Leaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """Players with enough rounds in the order of `definition`, an id of `/api/v1/definitions`."""

    definition: str
    unit: str
    least_rounds: int
    players: tuple[Leader, ...]
    next_cursor: str | None = None
    """Asks for the next page; null at the end."""


class SwingMoment(msgspec.Struct, frozen=True, kw_only=True):
    """When a player was credited with most: `credit` of the round's win probability, for his own team."""

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
    """A place in the order of swings: all that a player was credited with, what that is a round, and his best moment.
    `rounds` are those in which he was credited with anything."""

    place: int
    player_id: str
    name: str | None
    rounds: int
    total: float
    per_round: float
    best: SwingMoment


class SwingLeaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """Players with enough rounds in the order of their best moment (`best`), their sum (`total`) or what that is
    a round (`round`)."""

    by: str
    least_rounds: int
    players: tuple[SwingLeader, ...]
    next_cursor: str | None = None
    """Asks for the next page; null at the end."""

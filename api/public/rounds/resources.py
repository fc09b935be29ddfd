"""Finished rounds as the API shows them. Shapes only."""

import msgspec


class Purse(msgspec.Struct, frozen=True, kw_only=True):
    """Of one team now, summed over its players; null where the source has not said."""

    money: int | None
    equipment: int | None
    alive: int


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """One round: equipment at the end of freeze time in dollars, what such a buy is called, and who won."""

    map_id: str
    round_no: int
    equipment_a: int | None
    equipment_b: int | None
    economy_a: str | None
    economy_b: str | None
    winner_team: str


class EconomyView(msgspec.Struct, frozen=True, kw_only=True):
    """The money of a match, round by round, and the purses of the running one."""

    match_id: str
    seq: int
    rounds: list[Bought]
    now_a: Purse
    now_b: Purse


class RoundView(msgspec.Struct, frozen=True, kw_only=True):
    """A decided round. What is null is not in the store yet: it follows within seconds."""

    map_id: str
    round_no: int
    winner_team: str
    winner_side: str
    reason: str
    score_a: int
    score_b: int
    a_side: str | None = None
    is_pistol: bool | None = None
    is_overtime: bool | None = None
    equipment_a: int | None = None
    equipment_b: int | None = None
    economy_a: str | None = None
    economy_b: str | None = None
    """What the team bought: one of `game.stats.BUY_CLASSES`."""
    duration_s: float | None = None
    kills_a: int | None = None
    kills_b: int | None = None
    headshots: int | None = None
    is_bomb_planted: bool | None = None
    site: str | None = None
    survivors: tuple[str, ...] | None = None
    started_at: str | None = None
    ended_at: str | None = None

"""Response types of finished rounds and economy.

Belongs here: types only. Does not belong here: reading rounds (`queries`).
"""

import msgspec


class Purse(msgspec.Struct, frozen=True, kw_only=True):
    """Current money and equipment of one team, summed over its players; null if the source has not reported them."""

    money: int | None
    equipment: int | None
    alive: int


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """One round: equipment value in dollars at the end of freeze time, the buy class, and the winner."""

    map_id: str
    round_no: int
    equipment_a: int | None
    equipment_b: int | None
    economy_a: str | None
    economy_b: str | None
    winner_team: str


class EconomyView(msgspec.Struct, frozen=True, kw_only=True):
    """The economy of a match, round by round, and the teams' current money and equipment."""

    match_id: str
    seq: int
    rounds: list[Bought]
    now_a: Purse
    now_b: Purse


class RoundView(msgspec.Struct, frozen=True, kw_only=True):
    """A decided round. Fields that are null have not reached the store yet: they follow within seconds."""

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
    """The team's buy class: one of `game.stats.BUY_CLASSES`."""
    duration_s: float | None = None
    kills_a: int | None = None
    kills_b: int | None = None
    headshots: int | None = None
    is_bomb_planted: bool | None = None
    site: str | None = None
    survivors: tuple[str, ...] | None = None
    started_at: str | None = None
    ended_at: str | None = None

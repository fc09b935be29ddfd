"""Finished rounds as the API shows them. Shapes only."""

import msgspec


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

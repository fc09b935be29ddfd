"""Swings as the API shows them. Shapes and their making only."""

import msgspec

from game.facts import SwingCredited


class Swing(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the round's win probability; `credits` by player sum to zero."""

    cause: str
    p_a_before: float
    p_a_after: float
    credits: dict[str, float]


class SwingsView(msgspec.Struct, frozen=True, kw_only=True):
    """The swings of one event."""

    match_id: str
    seq: int
    map_id: str | None
    round_no: int | None
    ts_event: str
    swings: tuple[Swing, ...]


def swing(fact: SwingCredited) -> Swing:
    return Swing(cause=fact.cause, p_a_before=fact.p_a_before, p_a_after=fact.p_a_after, credits=fact.credits)

"""Response types of swings.

Belongs here: types and their construction. Does not belong here: reading swings (`queries`).
"""

from typing import Any

import msgspec

from api.public.moments import iso
from game.facts import SwingCredited
from game.features import Features


class Swing(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the round win probability; `credits` by player sum to zero."""

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


class Highlight(msgspec.Struct, frozen=True, kw_only=True):
    """An event that moved the round win probability, and by how much; `credits` by player sum to zero."""

    place: int
    seq: int
    map_id: str | None
    round_no: int | None
    ts_event: str
    cause: str
    p_a_before: float
    p_a_after: float
    size: float
    credits: dict[str, float]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why team A's round win probability moved between two predictions: `parts` sum exactly to the difference."""

    match_id: str
    seq: int
    previous_seq: int
    model_version: str
    p_a_before: float
    p_a_after: float
    parts: dict[str, float]
    """By what changed: players, health, armor, weapons, grenades, kits, bomb_and_clock; `decision` if the event decided
    the round, `model` if another model made the earlier prediction."""
    before: Features | None
    after: Features | None


def of_row(row: dict[str, Any]) -> SwingsView:
    """Build swings from a row of the store, with credits as (number, cause, before, after, player, credit)."""
    told = dict(row)
    by_number: dict[int, Swing] = {}
    for number, cause, before, after, player_id, credit in told.pop("credits"):
        found = by_number.setdefault(
            number, Swing(cause=cause, p_a_before=before, p_a_after=after, credits={})
        )
        found.credits[player_id] = credit
    return SwingsView(**told | {"ts_event": iso(told["ts_event"]), "swings": tuple(by_number.values())})


def swing(fact: SwingCredited) -> Swing:
    return Swing(cause=fact.cause, p_a_before=fact.p_a_before, p_a_after=fact.p_a_after, credits=fact.credits)

"""Rounds, events and swings in the graph.

Belongs here: types and their construction. Does not belong here: reading them (the features' queries).
"""

from collections.abc import Mapping

import msgspec
import strawberry
from strawberry.scalars import JSON

from api.public.events.resources import EventView
from api.public.graphql.fields import field
from api.public.graphql.pages import PageInfo
from api.public.graphql.people import Side, TeamLetter, side
from api.public.rounds.resources import RoundView
from api.public.swings.resources import SwingsView


@strawberry.type(
    description="A decided round. What is null is not in the store yet: it follows within seconds."
)
class Round:
    map_id: strawberry.ID
    number: int
    winner_team: TeamLetter
    winner_side: Side
    reason: str
    score_a: int
    score_b: int
    a_side: Side | None
    is_pistol: bool | None
    is_overtime: bool | None
    equipment_a: int | None = strawberry.field(description="Dollars at the end of freeze time.")
    equipment_b: int | None
    economy_a: str | None = strawberry.field(description="What the team bought.")
    economy_b: str | None
    duration_s: float | None
    kills_a: int | None
    kills_b: int | None
    headshots: int | None
    is_bomb_planted: bool | None
    site: str | None
    survivors: list[strawberry.ID] | None
    started_at: str | None
    ended_at: str | None


@strawberry.type(description="One event as it was understood; payload and facts as they were published.")
class Event:
    seq: int
    event_id: strawberry.ID
    map_id: strawberry.ID | None
    round_no: int | None
    ts_event: str
    type: str
    source: str
    match_tag: str
    is_post_round: bool
    corrects: int | None
    view: strawberry.Private[EventView]

    @field("What the source said.")
    def payload(self) -> JSON:
        return JSON(msgspec.json.decode(self.view.payload))

    @field("What follows from it.")
    def facts(self) -> JSON:
        return JSON(msgspec.json.decode(self.view.facts))


@strawberry.type(description="Events in the order of their seq.")
class EventPage:
    nodes: list[Event]
    page_info: PageInfo


@strawberry.type(description="A player's share of a swing; the credits of one swing sum to zero.")
class Credit:
    player_id: strawberry.ID
    credit: float


@strawberry.type(description="A change of the round's win probability.")
class Swing:
    seq: int
    map_id: strawberry.ID | None
    round_no: int | None
    ts_event: str
    cause: str
    p_a_before: float
    p_a_after: float
    credits: list[Credit]


@strawberry.type(description="Swings in the order of their seq; `first` counts the events that they are of.")
class SwingPage:
    nodes: list[Swing]
    page_info: PageInfo


def round_(view: RoundView) -> Round:
    told = msgspec.structs.asdict(view)
    told |= {"number": told.pop("round_no"), "winner_team": TeamLetter(view.winner_team)}
    told |= {"winner_side": Side(view.winner_side), "a_side": side(view.a_side)}
    return Round(**told)


def event(view: EventView) -> Event:
    names = (
        "seq",
        "event_id",
        "map_id",
        "round_no",
        "ts_event",
        "type",
        "source",
        "match_tag",
        "is_post_round",
    )
    told = {name: getattr(view, name) for name in names}
    return Event(**told, corrects=view.corrects, view=view)


def swings(view: SwingsView) -> list[Swing]:
    """Build the swings of one event."""
    return [
        Swing(
            seq=view.seq,
            map_id=None if view.map_id is None else strawberry.ID(view.map_id),
            round_no=view.round_no,
            ts_event=view.ts_event,
            cause=told.cause,
            p_a_before=told.p_a_before,
            p_a_after=told.p_a_after,
            credits=credits_of(told.credits),
        )
        for told in view.swings
    ]


def credits_of(told: Mapping[str, float]) -> list[Credit]:
    """Build credits from a mapping by player."""
    return [Credit(player_id=strawberry.ID(who), credit=share) for who, share in told.items()]

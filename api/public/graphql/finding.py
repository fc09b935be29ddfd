"""Searches in the graph: matches of any age, and careers of players.

Belongs here: types, their construction, calling the same queries as REST. Does not belong here: the queries.
"""

from datetime import datetime
from enum import Enum
from typing import Annotated, NewType

import msgspec
import strawberry
from strawberry.scalars import JSON

from api.problems import NO_CONTROLS, ProblemError, has_controls, problem
from api.public.careers import queries as careers
from api.public.careers.resources import CareerMap, CareerSplit
from api.public.graphql.asking import Info
from api.public.graphql.fields import field
from api.public.graphql.match import Match, match
from api.public.graphql.pages import PageInfo, first_within
from api.public.graphql.people import Side, Stat, TeamLetter, letter
from api.public.moments import moment
from api.public.search.queries import page, wanted
from api.public.search.resources import FoundMap, FoundMatch

TEXT_MAX = 257
_SPELT = {"match_id": "matchId", "external_id": "externalId"}

Moment = NewType("Moment", object)
"""A timestamp as the client sent it. It is parsed by code that knows the argument's name, for the error message."""


@strawberry.enum(description="Where a match is in its life.")
class Status(Enum):
    ANNOUNCED = "announced"
    LIVE = "live"
    OVER = "over"
    BROKEN_OFF = "broken_off"


@strawberry.input(description="All that is named must hold.")
class MatchFilter:
    match_id: strawberry.ID | None = strawberry.field(default=None, description="The match itself.")
    status: Status | None = None
    team: str | None = strawberry.field(default=None, description="A part of a team's name, or its id.")
    player: str | None = strawberry.field(default=None, description="A part of a player's name, or its id.")
    map: str | None = strawberry.field(default=None, description="A map's name, such as de_nuke.")
    since: Moment | None = strawberry.field(default=None, description="Played then or later, by `playsAt`.")
    until: Moment | None = strawberry.field(default=None, description="Played before.")
    external_id: str | None = strawberry.field(
        default=None, description="An id in another system: `system:id`."
    )


Where = Annotated[MatchFilter | None, strawberry.argument(description="Which; all of them without.")]


@strawberry.type(description="One map of a match that was found.")
class FoundSeriesMap:
    id: strawberry.ID
    number: int
    name: str | None
    score_a: int
    score_b: int
    status: str
    winner_team: TeamLetter | None


@strawberry.type(description="A match as the catalog has it; `match` is as it stands now.")
class FoundSeries:
    id: strawberry.ID
    name_a: str | None
    name_b: str | None
    team_a_id: strawberry.ID | None
    team_b_id: strawberry.ID | None
    best_of: int
    status: Status
    maps_a: int
    maps_b: int
    winner_team: TeamLetter | None
    starts_at: str | None
    plays_at: str = strawberry.field(
        description="When its first map began, before that the announced start, else its first event."
    )
    external_ids: JSON
    announced_maps: list[str]
    first_event_at: str
    last_event_at: str
    ended_at: str | None
    maps: list[FoundSeriesMap]

    @field("The match with all that hangs on it; null where the API holds nothing of it yet.")
    async def match(self, info: Info) -> Match | None:
        view = await info.context.load.views.load(self.id)
        return None if view is None else match(view)


@strawberry.type(description="Matches, the latest played first.")
class FoundPage:
    nodes: list[FoundSeries]
    page_info: PageInfo


@strawberry.type(description="Several maps as one: counts are sums, rates are over all their rounds.")
class CareerPart:
    map_name: str | None
    maps: int
    rounds: int
    stats: list[Stat]


@strawberry.type(description="All that was played on one side, as one.")
class CareerSide:
    side: Side
    maps: int
    rounds: int
    stats: list[Stat]


@strawberry.type(description="One map of a career.")
class CareerLine:
    match_id: strawberry.ID
    map_id: strawberry.ID
    map_name: str | None
    rounds: int
    last_event_at: str
    stats: list[Stat]


@strawberry.type(
    description="A player over all maps that were told: together, by map, by side, and the latest one by one."
)
class PlayerCareer:
    id: strawberry.ID
    name: str | None
    last_match_id: strawberry.ID | None
    last_seen_at: str
    total: CareerPart
    by_map: list[CareerPart]
    by_side: list[CareerSide]
    form: list[CareerLine]


async def found_matches(info: Info, where: MatchFilter, *, first: int, after: str | None) -> FoundPage:
    """Return a page of matches. Raises a 400 problem for an invalid filter or cursor."""
    _check(where)
    asked = wanted(
        match_id=where.match_id,
        status=None if where.status is None else where.status.value,
        team=where.team,
        player=where.player,
        map_name=where.map,
        since=_moment("since", where.since),
        until=_moment("until", where.until),
        external_id=where.external_id,
        cursor=after,
    )
    found = await page(info.context.behind.directory, asked, limit=first_within(first))
    return FoundPage(
        nodes=[_series(each) for each in found.items],
        page_info=PageInfo(end_cursor=found.end, has_next_page=found.has_more, is_complete=True),
    )


async def career_of(info: Info, player_id: str) -> PlayerCareer:
    """Return a player's career. Raises a 404 problem for an unknown player, a 403 problem if the client has access to
    only some matches."""
    if has_controls(player_id):
        raise _invalid("playerId", NO_CONTROLS)
    behind = info.context.behind
    found = await careers.career(behind.history, behind.directory, player_id, definition=None)
    last = found.player.last_match_id
    return PlayerCareer(
        id=strawberry.ID(found.player.player_id),
        name=found.player.name,
        last_match_id=None if last is None else strawberry.ID(last),
        last_seen_at=found.player.last_seen_at,
        total=_part(None, found.total),
        by_map=[_part(name, part) for name, part in found.by_map.items()],
        by_side=[_side(side, part) for side, part in found.by_side.items()],
        form=[_line(each) for each in found.form],
    )


def _check(where: MatchFilter) -> None:
    for name in ("match_id", "team", "player", "map", "external_id"):
        text = getattr(where, name)
        field = f"where.{_SPELT.get(name, name)}"
        if text is not None and not 1 <= len(text) <= TEXT_MAX:
            raise _invalid(field, f"must have 1 to {TEXT_MAX} characters")
        if text is not None and has_controls(text):
            raise _invalid(field, NO_CONTROLS)
    if where.external_id is not None and not all(where.external_id.partition(":")):
        raise _invalid("where.externalId", "must be system:id")


def _moment(name: str, told: object) -> datetime | None:
    try:
        return None if told is None else moment(told)
    except ValueError as error:
        raise _invalid(f"where.{name}", str(error)) from error


def _invalid(field: str, reason: str) -> ProblemError:
    return ProblemError(problem(400, "invalid", field=field, reason=reason))


def _series(found: FoundMatch) -> FoundSeries:
    told = msgspec.structs.asdict(found)
    told |= {"id": told.pop("match_id"), "status": Status(found.status)}
    told |= {"winner_team": letter(found.winner_team), "maps": [_map(each) for each in found.maps]}
    return FoundSeries(**told)


def _map(found: FoundMap) -> FoundSeriesMap:
    told = msgspec.structs.asdict(found)
    told |= {"id": told.pop("map_id"), "winner_team": letter(found.winner_team)}
    return FoundSeriesMap(**told)


def _part(name: str | None, part: CareerSplit) -> CareerPart:
    return CareerPart(map_name=name, maps=part.maps, rounds=part.rounds, stats=_stats(part.stats))


def _side(side: str, part: CareerSplit) -> CareerSide:
    return CareerSide(side=Side(side), maps=part.maps, rounds=part.rounds, stats=_stats(part.stats))


def _line(each: CareerMap) -> CareerLine:
    told = msgspec.structs.asdict(each)
    return CareerLine(**told | {"stats": _stats(each.stats)})


def _stats(told: dict[str, float]) -> list[Stat]:
    return [Stat(id=strawberry.ID(name), value=value) for name, value in told.items()]

"""Route of the search: /search/matches.

Belongs here: the route and its parameters. Does not belong here: querying the catalog (`queries`).
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, Limit
from api.public.cursors import CursorText
from api.public.moments import Moment
from api.public.search import queries
from api.public.search.resources import Found

ROUTER = APIRouter(tags=["matches"])
Status = Annotated[Literal["announced", "live", "over", "broken_off"] | None, Query(description="only these")]
Match = Annotated[str | None, Query(min_length=1, max_length=128, description="the match itself")]
Team = Annotated[
    str | None, Query(min_length=1, max_length=128, description="a part of a team's name, or its id")
]
Player = Annotated[
    str | None, Query(min_length=1, max_length=128, description="a part of a player's name, or its id")
]
MapName = Annotated[
    str | None, Query(alias="map", min_length=1, max_length=64, description="a map's name, such as de_nuke")
]
Since = Annotated[Moment | None, Query(description="played at this moment or later, by `plays_at`")]
Until = Annotated[Moment | None, Query(description="played before this moment")]


def _external(told: str) -> str:
    if not all(told.partition(":")):
        raise ValueError("must be system:id")
    return told


ExternalId = Annotated[
    str,
    StringConstraints(max_length=257),
    AfterValidator(_external),
    WithJsonSchema({"type": "string", "minLength": 3, "maxLength": 257, "pattern": ".:."}),
]
External = Annotated[ExternalId | None, Query(description="an id in another system, as `system:id`")]


@ROUTER.get("/search/matches", responses=shows(Found))
async def search_matches(
    *,
    behind: Behind,
    match_id: Match = None,
    status: Status = None,
    team: Team = None,
    player: Player = None,
    map_name: MapName = None,
    since: Since = None,
    until: Until = None,
    external_id: External = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> ResourceResponse:
    """Matches of any age by team, player, map and date, latest first."""
    wanted = queries.wanted(
        match_id=match_id,
        status=status,
        team=team,
        player=player,
        map_name=map_name,
        since=since,
        until=until,
        external_id=external_id,
        cursor=cursor,
    )
    return ResourceResponse(await queries.search(behind.directory, wanted, limit=limit))

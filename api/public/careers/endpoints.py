"""Routes of players across matches: /players, /players/{player_id}, /leaderboard, /leaderboard/swings.

Belongs here: routes and their parameters. Does not belong here: the figures (`queries`), response types (`resources`).
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BeforeValidator

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, Limit
from api.public.careers import queries
from api.public.careers.resources import Career, Known, Leaderboard, SwingLeaderboard
from api.public.cursors import CursorText, decoded, decoded_place, next_page
from api.public.identifiers import identifier

ROUTER = APIRouter(tags=["players"])
PlayerId = Annotated[str, BeforeValidator(identifier), Path(min_length=1, max_length=128)]
Name = Annotated[str, Query(max_length=128, description="a part of the name")]
DefinitionId = Annotated[
    str | None, Query(max_length=64, description="one statistic alone: an id of /definitions")
]
Definition = Annotated[str, Query(max_length=64, description="what decides the order: an id of /definitions")]
By = Annotated[
    Literal["best", "total", "round"], Query(description="the best moment, the sum, or the sum by round")
]
LeastRounds = Annotated[
    int, Query(ge=1, le=100_000, description="players with fewer rounds are not in the order")
]


@ROUTER.get("/players", responses=shows(list[Known]))
async def search_players(
    *, behind: Behind, request: Request, name: Name = "", cursor: CursorText = None, limit: Limit = 50
) -> ResourceResponse:
    """Players by a part of their name, last seen first. The header `link` has the next page (`rel="next"`)."""
    found, following = await queries.players(behind.directory, name, limit=limit, after=decoded(cursor))
    return ResourceResponse(found, headers=next_page(request.url, following))


@ROUTER.get("/players/{player_id}", responses=shows(Career))
async def get_player(
    behind: Behind, player_id: PlayerId, definition: DefinitionId = None
) -> ResourceResponse:
    """A player over all known maps: in total, by map, by side, and the latest maps one by one."""
    if definition is not None:
        queries.known_total(definition)
    return ResourceResponse(
        await queries.career(behind.history, behind.directory, player_id, definition=definition)
    )


@ROUTER.get("/leaderboard", responses=shows(Leaderboard))
async def get_leaderboard(
    *,
    behind: Behind,
    definition: Definition = "rating.2.est",
    least_rounds: LeastRounds = 20,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> ResourceResponse:
    """Players with enough rounds, ordered by one statistic."""
    asked = {"least_rounds": least_rounds, "limit": limit, "skip": decoded_place(cursor).at}
    found = await queries.leaderboard(behind.history, behind.directory, definition, **asked)
    return ResourceResponse(found)


@ROUTER.get("/leaderboard/swings", responses=shows(SwingLeaderboard))
async def get_swing_leaderboard(
    *,
    behind: Behind,
    by: By = "best",
    least_rounds: LeastRounds = 20,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> ResourceResponse:
    """Players ordered by how much they moved the round win probability for their team, each with his best moment."""
    asked = {"least_rounds": least_rounds, "limit": limit, "skip": decoded_place(cursor).at}
    found = await queries.swing_leaderboard(behind.history, behind.directory, by, **asked)
    return ResourceResponse(found)

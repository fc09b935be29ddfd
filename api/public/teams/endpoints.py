"""Routes of teams across matches: /teams, /teams/{team_id}.

Belongs here: routes and their parameters. Does not belong here: the records (`queries`).
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BeforeValidator

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, Limit
from api.public.cursors import CursorText, decoded, next_page
from api.public.identifiers import identifier
from api.public.teams import queries
from api.public.teams.resources import Team, TeamDetail

ROUTER = APIRouter(tags=["teams"])
TeamId = Annotated[str, BeforeValidator(identifier), Path(min_length=1, max_length=128)]
Name = Annotated[str, Query(max_length=128, description="a part of the name")]


@ROUTER.get("/teams", responses=shows(list[Team]))
async def search_teams(
    *, behind: Behind, request: Request, name: Name = "", cursor: CursorText = None, limit: Limit = 50
) -> ResourceResponse:
    """Teams by a part of their name, last seen first. The header `link` has the next page (`rel="next"`)."""
    found, following = await queries.teams(behind.directory, name, limit=limit, after=decoded(cursor))
    return ResourceResponse(found, headers=next_page(request.url, following))


@ROUTER.get("/teams/{team_id}", responses=shows(TeamDetail))
async def get_team(behind: Behind, team_id: TeamId) -> ResourceResponse:
    """A team with its latest matches and its record in them, in total, by map and by side."""
    return ResourceResponse(await queries.team(behind.directory, team_id))

"""/teams, /teams/{team_id}."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BeforeValidator

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, Limit
from api.public.identifiers import identifier
from api.public.teams import queries
from api.public.teams.resources import Team, TeamDetail

ROUTER = APIRouter(tags=["teams"])
TeamId = Annotated[str, BeforeValidator(identifier), Path(min_length=1, max_length=128)]
Name = Annotated[str, Query(max_length=128, description="a part of the name")]


@ROUTER.get("/teams", responses=shows(list[Team]))
async def search_teams(behind: Behind, name: Name = "", limit: Limit = 50) -> ResourceResponse:
    """Teams by a part of their name, the last seen first."""
    return ResourceResponse(await queries.teams(behind.directory, name, limit=limit))


@ROUTER.get("/teams/{team_id}", responses=shows(TeamDetail))
async def get_team(behind: Behind, team_id: TeamId) -> ResourceResponse:
    """A team with its record over its latest matches, by map, and those matches."""
    return ResourceResponse(await queries.team(behind.directory, team_id))

"""Route of the statistics' definitions: /definitions.

Belongs here: the route. Does not belong here: the definitions themselves (`game.stats`).
"""

from fastapi import APIRouter

from api.public.answers import ResourceResponse, shows
from api.public.definitions import queries
from api.public.definitions.resources import DefinitionView

ROUTER = APIRouter(tags=["players"])


@ROUTER.get("/definitions", responses=shows(list[DefinitionView]))
async def list_definitions() -> ResourceResponse:
    """What each key of a player's `stats` means, with its unit and source."""
    return ResourceResponse(queries.definitions())

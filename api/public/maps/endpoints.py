"""/maps/{name}/outline."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.public.answers import ResourceResponse, shows
from api.public.maps import queries
from api.public.maps.resources import OutlineView

ROUTER = APIRouter(tags=["maps"])
MapName = Annotated[str, Path(min_length=1, max_length=128, description="such as de_nuke")]


@ROUTER.get("/maps/{name}/outline", responses=shows(OutlineView))
async def get_outline(name: MapName) -> ResourceResponse:
    """Where players have walked on the map, how high the ground is, spawns and sites."""
    answer = ResourceResponse(queries.outline(name))
    answer.headers["cache-control"] = "public, max-age=3600"
    return answer

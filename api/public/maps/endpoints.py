"""Routes of maps: /maps/{name}/outline, /maps/radars, /maps/{name}/radar and its pictures.

Belongs here: routes and their parameters. Does not belong here: outlines (`queries`), radar files (`radar`).
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.public.answers import ResourceResponse, not_found, shows, shows_text
from api.public.backends import Behind
from api.public.maps import queries, radar
from api.public.maps.resources import OutlineView, RadarLevel, RadarView

ROUTER = APIRouter(tags=["maps"])
MapName = Annotated[str, Path(min_length=1, max_length=128, description="such as de_nuke")]
Level = Annotated[RadarLevel, Path(description="which level of the map")]


@ROUTER.get("/maps/{name}/outline", responses=shows(OutlineView))
async def get_outline(name: MapName) -> ResourceResponse:
    """Where players have walked on the map, ground height, spawns and bomb sites."""
    answer = ResourceResponse(queries.outline(name))
    answer.headers["cache-control"] = "public, max-age=3600"
    return answer


@ROUTER.get("/maps/radars", responses=shows(list[RadarView]))
async def list_radars(behind: Behind) -> ResourceResponse:
    """The maps for which this installation has radar pictures; empty unless its operator has added some."""
    return ResourceResponse(await asyncio.to_thread(radar.radars, behind.radar_folder))


@ROUTER.get("/maps/{name}/radar", responses=shows(RadarView))
async def get_radar(behind: Behind, name: MapName) -> ResourceResponse:
    """Position and scale of a map's radar picture."""
    found = await asyncio.to_thread(radar.radar, behind.radar_folder, name)
    if found is None:
        raise not_found("path.name", f"no radar picture of {name!r}; /api/v1/maps/radars names them")
    return ResourceResponse(found)


@ROUTER.get("/maps/{name}/radar/{level}", responses=shows_text("image/png"), response_class=Response)
async def get_radar_picture(behind: Behind, name: MapName, level: Level) -> Response:
    """The picture of one level, as PNG."""
    found = await asyncio.to_thread(radar.picture, behind.radar_folder, name, level)
    if found is None:
        raise not_found("path.name", f"no radar picture of {name!r}, level {level!r}")
    return Response(found, media_type="image/png", headers={"x-content-type-options": "nosniff"})

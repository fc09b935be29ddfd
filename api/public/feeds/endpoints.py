"""Routes of the feeds: /latency, /coverage, and /system, which is for administrators only.

Belongs here: routes and their parameters. Does not belong here: the figures (`queries`), response types (`resources`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.public.access.administrator import administrator
from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind
from api.public.feeds import queries
from api.public.feeds.resources import Coverage, Latency, System
from api.public.recent import KEPT_S, SLOT_S

ROUTER = APIRouter(tags=["feeds"])
Window = Annotated[int, Query(ge=SLOT_S, le=KEPT_S, description="the last so many seconds, in steps of ten")]
Hours = Annotated[int, Query(ge=1, le=2160, description="dead letters of the last so many hours")]
Letters = Annotated[int, Query(ge=0, le=100, description="at most so many dead letters singly")]


@ROUTER.get("/latency", responses=shows(Latency))
async def get_latency(behind: Behind, window_s: Window = 300) -> ResourceResponse:
    """Latency of messages within the last minutes, by stage: median, 95th and 99th percentile."""
    return ResourceResponse(await queries.latency(behind, window_s))


@ROUTER.get("/coverage", responses=shows(Coverage))
async def get_coverage(behind: Behind) -> ResourceResponse:
    """Available matches, sources, formats and maps, what is known of their rounds, and the quality of the data."""
    return ResourceResponse(await queries.coverage(behind))


@ROUTER.get("/system", responses=shows(System), dependencies=[Depends(administrator)])
async def get_system(behind: Behind, hours: Hours = 24, letters: Letters = 20) -> ResourceResponse:
    """Health of the parts: messages per second, consumer lag, dead letters, and data quality. For administrators."""
    return ResourceResponse(await queries.system(behind, hours=hours, letters=letters))

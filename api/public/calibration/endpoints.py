"""Route of calibration: /calibration.

Belongs here: the route and its parameters. Does not belong here: the figures (`queries`).
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind
from api.public.calibration import queries
from api.public.calibration.resources import Reliability

ROUTER = APIRouter(tags=["models"])
Horizon = Annotated[Literal["round", "map", "series"], Query(description="what was predicted")]
By = Annotated[
    Literal["none", "map", "outside", "pistol", "overtime", "buys"], Query(description="cut by this")
]
Version = Annotated[str, Query(max_length=128, description="of one model only")]
Bins = Annotated[int, Query(ge=2, le=50, description="bins of equal width")]


@ROUTER.get("/calibration", responses=shows(list[Reliability]))
async def list_reliability(
    *,
    behind: Behind,
    horizon: Horizon = "round",
    by: By = "none",
    model_version: Version = "",
    bins: Bins = 10,
) -> ResourceResponse:
    """Reliability of published predictions by model and slice: live play only, where the horizon is decided."""
    found = await queries.reliability(
        behind.history, horizon=horizon, slice_=by, model_version=model_version, bins=bins
    )
    return ResourceResponse(found)

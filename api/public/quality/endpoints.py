"""Route of data quality: /matches/{id}/quality.

Belongs here: the route. Does not belong here: reading scorecards (`queries`).
"""

from fastapi import APIRouter

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, MatchId
from api.public.matches.queries import match_view
from api.public.quality import queries
from api.public.quality.resources import LiveQuality

ROUTER = APIRouter(tags=["quality"])


@ROUTER.get("/matches/{match_id}/quality", responses=shows(LiveQuality))
async def get_quality(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """Scorecards of the match's maps: results, finality, and errors in the feed."""
    view = await match_view(behind.board, behind.history, match_id)
    return ResourceResponse(await queries.quality(behind.history, view))

"""/matches/{id}/rounds."""

from fastapi import APIRouter

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, MatchId
from api.public.matches.queries import match_view
from api.public.rounds import queries
from api.public.rounds.resources import RoundView

ROUTER = APIRouter(tags=["rounds"])


@ROUTER.get("/matches/{match_id}/rounds", responses=shows(list[RoundView]))
async def list_rounds(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """Finished rounds by map, in the order of play."""
    await match_view(behind.board, behind.history, match_id)
    return ResourceResponse(await queries.rounds(behind.board, behind.history, match_id))

"""/matches/{id}/swings."""

from fastapi import APIRouter

from api.public.answers import ResourceResponse, shows
from api.public.backends import DEFAULT_LIMIT, Behind, FromSeq, Limit, MatchId
from api.public.matches.queries import match_view
from api.public.paging import Page
from api.public.swings import queries
from api.public.swings.resources import SwingsView

ROUTER = APIRouter(tags=["swings"])


@ROUTER.get("/matches/{match_id}/swings", responses=shows(Page[SwingsView]))
async def list_swings(
    *, behind: Behind, match_id: MatchId, from_seq: FromSeq = 0, limit: Limit = DEFAULT_LIMIT
) -> ResourceResponse:
    """Changes of the round's win probability, credited to players."""
    await match_view(behind.board, behind.history, match_id)
    found = await queries.swings(behind.board, behind.history, match_id, from_seq=from_seq, limit=limit)
    return ResourceResponse(found)

"""Routes of swings: /matches/{id}/swings, /matches/{id}/highlights, /matches/{id}/explanations/{seq}.

Belongs here: routes and their parameters. Does not belong here: reading and explaining swings (`queries`).
"""

from typing import Annotated

from fastapi import APIRouter, Path

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, FromSeq, Limit, MatchId
from api.public.matches.queries import demand_known, match_view
from api.public.paging import LIMIT, Page
from api.public.swings import queries
from api.public.swings.resources import Explanation, Highlight, SwingsView
from api.seqs import SEQ_MAX

ROUTER = APIRouter(tags=["swings"])
Seq = Annotated[int, Path(ge=1, le=SEQ_MAX, description="the seq of a prediction")]


@ROUTER.get("/matches/{match_id}/swings", responses=shows(Page[SwingsView]))
async def list_swings(
    *, behind: Behind, match_id: MatchId, from_seq: FromSeq = 0, limit: Limit = LIMIT
) -> ResourceResponse:
    """Changes of the round win probability, credited to players."""
    found = await queries.swings(behind.board, behind.history, match_id, from_seq=from_seq, limit=limit)
    await demand_known(behind.board, behind.history, match_id, is_told=bool(found.items))
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/highlights", responses=shows(list[Highlight]))
async def list_highlights(behind: Behind, match_id: MatchId, limit: Limit = 10) -> ResourceResponse:
    """The events that moved the round win probability most, largest first."""
    found = await queries.highlights(behind.board, behind.history, match_id, limit=limit)
    await demand_known(behind.board, behind.history, match_id, is_told=bool(found))
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/explanations/{seq}", responses=shows(Explanation))
async def get_explanation(behind: Behind, match_id: MatchId, seq: Seq) -> ResourceResponse:
    """Why the round win probability moved with a prediction: an exact decomposition by what changed."""
    await match_view(behind.board, behind.history, match_id)
    found = await queries.explanation(behind.board, behind.history, behind.models, match_id=match_id, seq=seq)
    return ResourceResponse(found)

"""POST /matches/{id}/what-if."""

from fastapi import APIRouter, Request

from api.public.answers import ResourceResponse, asks, shows
from api.public.backends import Behind, MatchId
from api.public.bodies import body_within
from api.public.matches.queries import match_view
from api.public.what_if import queries
from api.public.what_if.resources import WhatIfView
from game.what_if import WhatIf

ROUTER = APIRouter(tags=["what-if"])
QUESTION_MAX = 64 * 1024
"""Bytes: ten players with everything changed take two thousand."""


@ROUTER.post(
    "/matches/{match_id}/what-if", responses=shows(WhatIfView), openapi_extra={"requestBody": asks(WhatIf)}
)
async def post_what_if(behind: Behind, match_id: MatchId, request: Request) -> ResourceResponse:
    """Chances if the running round stood otherwise: players, bomb, clock, score, buys."""
    asked = queries.question(await body_within(request, QUESTION_MAX))
    view = await match_view(behind.board, behind.history, match_id)
    predictor = await behind.models.predictor(behind.board.find(match_id))
    return ResourceResponse(queries.answered(view, asked, predictor))

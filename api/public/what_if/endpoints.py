"""Route of what-if questions: POST /matches/{id}/what-if.

Belongs here: the route. Does not belong here: changing the state and predicting (`queries`).
"""

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
"""Bytes. Ten players with every field changed take about 2,000."""


@ROUTER.post(
    "/matches/{match_id}/what-if", responses=shows(WhatIfView), openapi_extra={"requestBody": asks(WhatIf)}
)
async def post_what_if(behind: Behind, match_id: MatchId, request: Request) -> ResourceResponse:
    """Win probabilities if the running round were different: players, bomb, clock, score, buys."""
    asked = queries.question(await body_within(request, QUESTION_MAX))
    view = await match_view(behind.board, behind.history, match_id)
    predictor = await behind.models.predictor(behind.board.find(match_id))
    return ResourceResponse(queries.answered(view, asked, predictor))

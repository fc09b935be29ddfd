"""Routes of rounds: /matches/{id}/rounds, /matches/{id}/economy.

Belongs here: the routes. Does not belong here: reading rounds (`queries`).
"""

from fastapi import APIRouter

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, MatchId
from api.public.matches.queries import demand_known, match_view
from api.public.rounds import queries
from api.public.rounds.resources import EconomyView, RoundView

ROUTER = APIRouter(tags=["rounds"])


@ROUTER.get("/matches/{match_id}/rounds", responses=shows(list[RoundView]))
async def list_rounds(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """Finished rounds by map, in the order of play."""
    found = await queries.rounds(behind.board, behind.history, match_id)
    await demand_known(behind.board, behind.history, match_id, is_told=bool(found))
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/economy", responses=shows(EconomyView))
async def get_economy(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """What both teams bought in each round and who won it, and their current money and equipment."""
    view = await match_view(behind.board, behind.history, match_id)
    found = await queries.rounds(behind.board, behind.history, match_id)
    return ResourceResponse(queries.economy(view, found))

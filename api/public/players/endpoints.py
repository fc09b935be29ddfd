"""Route of a match's players: /matches/{id}/players.

Belongs here: the route and its parameters. Does not belong here: reading statistics (`queries`).
"""

from typing import Annotated

from fastapi import APIRouter, Query

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, MatchId
from api.public.matches.queries import match_view
from api.public.players import queries
from api.public.players.resources import PlayerView
from game.statistics.scopes import SCOPE_PATTERN

ROUTER = APIRouter(tags=["players"])
Scope = Annotated[
    str,
    Query(pattern=SCOPE_PATTERN, description="what statistics cover: map, half:n, side:ct, side:t, round:n"),
]


@ROUTER.get("/matches/{match_id}/players", responses=shows(list[PlayerView]))
async def list_players(behind: Behind, match_id: MatchId, scope: Scope = "map") -> ResourceResponse:
    """Players with their status in the running round and their statistics by map, in one scope."""
    view = await match_view(behind.board, behind.history, match_id)
    return ResourceResponse(await queries.players(behind.board, behind.history, view, scope=scope))

"""/matches/{id}/players."""

from fastapi import APIRouter

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, MatchId
from api.public.matches.queries import match_view
from api.public.players import queries
from api.public.players.resources import PlayerView

ROUTER = APIRouter(tags=["players"])


@ROUTER.get("/matches/{match_id}/players", responses=shows(list[PlayerView]))
async def list_players(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """Players with their standing in the running round and their statistics by map."""
    view = await match_view(behind.board, behind.history, match_id)
    return ResourceResponse(await queries.players(behind.board, behind.history, view))

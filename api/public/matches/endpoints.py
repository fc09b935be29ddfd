"""Routes of matches: /matches, /matches/{id}, /matches/{id}/state.

Belongs here: the routes. Does not belong here: reading matches (`queries`), response types (`resources`).
"""

from fastapi import APIRouter, Request

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, Limit, MatchId
from api.public.cursors import CursorText, decoded_place, encoded_place, next_page
from api.public.matches import queries
from api.public.matches.resources import MatchDetail, MatchSummary, StateView, state

ROUTER = APIRouter(tags=["matches"])


@ROUTER.get("/matches", responses=shows(list[MatchSummary]))
async def list_matches(
    *, behind: Behind, request: Request, cursor: CursorText = None, limit: Limit = 50
) -> ResourceResponse:
    """The most recently updated matches, up to 1,000. The header `link` has the next page (`rel="next"`)."""
    found = await queries.page(behind.board, behind.history, decoded_place(cursor), limit=limit)
    following = encoded_place(found.end.at, found.end.id) if found.has_more else None
    return ResourceResponse(found.items, headers=next_page(request.url, following))


@ROUTER.get("/matches/{match_id}", responses=shows(MatchDetail))
async def get_match(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """One match: score, format, newest prediction, links."""
    return ResourceResponse(await queries.detail(behind.board, behind.history, match_id))


@ROUTER.get("/matches/{match_id}/state", responses=shows(StateView))
async def get_state(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """The whole live state, with the `seq` up to which it is current."""
    return ResourceResponse(state(await queries.match_view(behind.board, behind.history, match_id)))

"""Route of processed events: /matches/{id}/events.

Belongs here: the route and its parameters. Does not belong here: reading events (`queries`).
"""

from typing import Annotated

from fastapi import APIRouter, Query

from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, FromSeq, Limit, MatchId
from api.public.events import queries
from api.public.events.resources import EventView
from api.public.matches.queries import demand_known
from api.public.paging import LIMIT, Page

ROUTER = APIRouter(tags=["events"])
Type = Annotated[str | None, Query(max_length=128, description="only events of this type")]


@ROUTER.get("/matches/{match_id}/events", responses=shows(Page[EventView]))
async def list_events(
    *,
    behind: Behind,
    match_id: MatchId,
    from_seq: FromSeq = 0,
    type: Type = None,  # noqa: A002 - the parameter's public name
    limit: Limit = LIMIT,
) -> ResourceResponse:
    """Events as processed, with the facts derived from them, ordered by `seq`."""
    found = await queries.events(
        behind.board, behind.history, match_id, from_seq=from_seq, type_=type, limit=limit
    )
    await demand_known(behind.board, behind.history, match_id, is_told=bool(found.items))
    return ResourceResponse(found)

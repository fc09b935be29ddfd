"""Route of announcements: PUT /matches/{id}.

Belongs here: the route. Does not belong here: validation (`queries`), response types (`resources`).
"""

import uuid

from fastapi import APIRouter, Request

from api.public.access.asking import Source
from api.public.announcements import queries
from api.public.announcements.resources import Announced
from api.public.answers import ResourceResponse, asks, shows
from api.public.backends import Behind, MatchId
from api.public.bodies import body_within
from api.public.matches.resources import links
from game.payloads import SeriesAnnouncedData

ROUTER = APIRouter(tags=["matches"])
BODY_MAX = 64 * 1024
"""Bytes. Two teams with every ID and a full roster take about 4,000."""


@ROUTER.put(
    "/matches/{match_id}",
    status_code=202,
    responses=shows(Announced, status=202),
    openapi_extra={"requestBody": asks(SeriesAnnouncedData)},
)
async def announce_match(
    *, behind: Behind, match_id: MatchId, source: Source, request: Request
) -> ResourceResponse:
    """Announce a match or add to an announcement: teams, rosters, best of, start time, IDs in other systems."""
    body = await body_within(request, BODY_MAX)
    event = queries.announcement(match_id, body, event_id=str(uuid.uuid4()), now=behind.now(), source=source)
    await behind.announcer.announce(event)
    told = Announced(match_id=match_id, event_id=event.event_id, links=links(match_id))
    return ResourceResponse(told, status_code=202)

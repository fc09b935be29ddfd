"""Route of the sandbox: /sandbox.

Belongs here: the route. Does not belong here: playing the match (`playing`).
"""

from fastapi import APIRouter, Request, Response

from api.public.access.asking import ClientId
from api.public.answers import ResourceResponse, asks, shows, shows_nothing
from api.public.backends import Behind
from api.public.bodies import body_within
from api.public.sandbox import queries
from api.public.sandbox.resources import Sandbox, Wish

ROUTER = APIRouter(tags=["sandbox"])
WISH_MAX = 4 * 1024
"""Largest request body in bytes."""


@ROUTER.post(
    "/sandbox",
    status_code=201,
    responses=shows(Sandbox, status=201),
    openapi_extra={"requestBody": asks(Wish, is_required=False)},
)
async def begin_sandbox(behind: Behind, client_id: ClientId, request: Request) -> ResourceResponse:
    """Start a simulated match for this client only, with the requested faults."""
    asked = queries.wish(await body_within(request, WISH_MAX))
    told = await queries.begun(
        behind.sandboxes, behind.models, client_id=client_id, asked=asked, now=behind.now()
    )
    return ResourceResponse(told, status_code=201)


@ROUTER.get("/sandbox", responses=shows(Sandbox))
async def get_sandbox(behind: Behind, client_id: ClientId) -> ResourceResponse:
    """Progress of this client's simulated match."""
    return ResourceResponse(queries.found(behind.sandboxes, client_id))


@ROUTER.delete("/sandbox", status_code=204, responses=shows_nothing())
async def end_sandbox(behind: Behind, client_id: ClientId) -> Response:
    """End and forget this client's simulated match."""
    queries.ended(behind.sandboxes, client_id)
    return Response(status_code=204)

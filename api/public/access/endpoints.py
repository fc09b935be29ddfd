"""/tickets, /account."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import HTTPConnection

from api.problems import ProblemError, problem
from api.public.access import keys
from api.public.access.gate import TENANT
from api.public.access.resources import AccountView, TicketView
from api.public.access.ring import Tenant
from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind
from api.public.moments import iso

ROUTER = APIRouter(tags=["access"])


async def _tenant(connection: HTTPConnection) -> Tenant:
    """Raises a 409 problem where everybody may ask everything."""
    found = connection.scope.get(TENANT)
    if not isinstance(found, Tenant):
        reason = "this API is open: no key is asked for"
        raise ProblemError(problem(409, "open", field="authorization", reason=reason))
    return found


Asking = Annotated[Tenant, Depends(_tenant)]


@ROUTER.post("/tickets", responses=shows(TicketView))
async def create_ticket(behind: Behind, asking: Asking) -> ResourceResponse:
    """A ticket for a WebSocket from a browser: `?ticket=`."""
    text, until_s = keys.ticket(asking.key_id, asking.secret_hash, now=behind.now())
    return ResourceResponse(TicketView(ticket=text, expires_at=iso(datetime.fromtimestamp(until_s, UTC))))


@ROUTER.get("/account", responses=shows(AccountView))
async def get_account(asking: Asking) -> ResourceResponse:
    """Who asks, and what the key allows."""
    plan = asking.plan
    return ResourceResponse(
        AccountView(
            client=asking.name,
            key_id=asking.key_id,
            scopes=tuple(sorted(asking.scopes)),
            plan=plan.name,
            requests_per_second=plan.rate,
            burst=plan.burst,
            connections=plan.connections,
            matches=asking.matches,
        )
    )

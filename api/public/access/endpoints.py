"""The endpoints /tickets and /account."""

from datetime import UTC, datetime

from fastapi import APIRouter

from api.public.access import keys
from api.public.access.asking import Asking
from api.public.access.resources import AccountView, TicketView
from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind
from api.public.moments import iso, iso_or_none

ROUTER = APIRouter(tags=["access"])


@ROUTER.post("/tickets", responses=shows(TicketView))
async def create_ticket(behind: Behind, asking: Asking) -> ResourceResponse:
    """Create a ticket that opens a live feed from a browser: `?ticket=`."""
    text, until_s = keys.ticket(asking.key_id, behind.ticket_secret, now=behind.now())
    return ResourceResponse(TicketView(ticket=text, expires_at=iso(datetime.fromtimestamp(until_s, UTC))))


@ROUTER.get("/account", responses=shows(AccountView))
async def get_account(behind: Behind, asking: Asking) -> ResourceResponse:
    """The requesting client, and what its key allows."""
    plan = asking.plan
    return ResourceResponse(
        AccountView(
            client=asking.name,
            client_id=asking.client_id,
            key_id=asking.key_id,
            expires_at=iso_or_none(asking.expires_at),
            scopes=tuple(sorted(asking.scopes)),
            plan=plan.name,
            requests_per_second=plan.rate,
            burst=plan.burst,
            connections=plan.connections,
            monthly=plan.monthly,
            monthly_events=plan.monthly_events,
            matches_at_once=plan.matches,
            operations_at_once=plan.operations,
            used_this_month=behind.usage.of_month(asking.client_id),
            events_this_month=behind.usage.events_of_month(asking.client_id),
            matches=asking.matches,
        )
    )

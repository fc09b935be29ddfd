"""Routes of webhooks, their secrets and their deliveries.

Belongs here: routes and their parameters. Does not belong here: changing webhooks (`queries`), sending (`api.outbox`).
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.problems import ProblemError, problem
from api.public.access.owner import OwnerAsked
from api.public.answers import (
    ResourceResponse,
    asks,
    makes,
    shows,
    shows_nothing,
)
from api.public.backends import Behind, Limit
from api.public.bodies import body_within
from api.public.webhooks import queries
from api.public.webhooks.resources import (
    AttemptView,
    Deliveries,
    DeliveryStatus,
    DeliveryView,
    NewWebhook,
    ResentView,
    SecretView,
    WebhookView,
    decoded,
    webhook,
)

ROUTER = APIRouter(tags=["webhooks"])
BODY_MAX = 16 * 1024
"""Largest body of a new webhook in bytes."""
UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
WebhookId = Annotated[str, Path(pattern=UUID)]
DeliveryId = Annotated[str, Path(pattern=UUID)]
Hours = Annotated[float, Query(ge=0, le=168, description="how long the secrets before sign too")]
Status = Annotated[DeliveryStatus | None, Query(description="only these")]
OfMatch = Annotated[str | None, Query(pattern="^[^\\x00]{1,128}$", description="only of this match")]
CursorText = Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")]


@ROUTER.post(
    "/webhooks",
    status_code=201,
    responses=makes(SecretView),
    openapi_extra={"requestBody": asks(NewWebhook)},
)
async def create_webhook(behind: Behind, owner: OwnerAsked, request: Request) -> ResourceResponse:
    """Create a webhook. Only this response contains its secret."""
    body = await body_within(request, BODY_MAX)
    wanted = queries.asked_for(body, allows_private=behind.allows_private)
    made = await queries.create(behind.subscriptions, owner, wanted, now=behind.now())
    return ResourceResponse(made, status_code=201)


@ROUTER.get("/webhooks", responses=shows(list[WebhookView]))
async def list_webhooks(behind: Behind, owner: OwnerAsked) -> ResourceResponse:
    """The client's webhooks, oldest first."""
    return ResourceResponse(await queries.all_of(behind.subscriptions, owner))


@ROUTER.get("/webhooks/{webhook_id}", responses=shows(WebhookView))
async def get_webhook(behind: Behind, owner: OwnerAsked, webhook_id: WebhookId) -> ResourceResponse:
    """One webhook."""
    return ResourceResponse(webhook(await queries.one(behind.subscriptions, owner, webhook_id)))


@ROUTER.delete("/webhooks/{webhook_id}", status_code=204, responses=shows_nothing())
async def delete_webhook(behind: Behind, owner: OwnerAsked, webhook_id: WebhookId) -> Response:
    """Delete a webhook with its pending deliveries and its delivery log."""
    await queries.delete(behind.subscriptions, owner, webhook_id, now=behind.now())
    return Response(status_code=204)


@ROUTER.post("/webhooks/{webhook_id}/secret", responses=shows(SecretView))
async def rotate_secret(
    behind: Behind, owner: OwnerAsked, *, webhook_id: WebhookId, overlap_hours: Hours = 24.0
) -> ResourceResponse:
    """Create a new secret, shown only in this response. The two previous secrets also sign for `overlap_hours`."""
    overlap = timedelta(hours=overlap_hours)
    return ResourceResponse(
        await queries.rotate(behind.subscriptions, owner, webhook_id, overlap=overlap, now=behind.now())
    )


@ROUTER.post("/webhooks/{webhook_id}/ping", responses=shows(DeliveryView))
async def ping_webhook(behind: Behind, owner: OwnerAsked, webhook_id: WebhookId) -> ResourceResponse:
    """Queue a test event for the webhook."""
    return ResourceResponse(await queries.ping(behind.subscriptions, owner, webhook_id, now=behind.now()))


@ROUTER.get("/webhooks/{webhook_id}/deliveries", responses=shows(Deliveries))
async def list_deliveries(
    *,
    behind: Behind,
    owner: OwnerAsked,
    webhook_id: WebhookId,
    status: Status = None,
    match_id: OfMatch = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> ResourceResponse:
    """Pending, delivered and dead deliveries, newest first; kept for 30 days."""
    from adapters.catalog.outbox import Asked

    found = await queries.one(behind.subscriptions, owner, webhook_id)
    asked = Asked(webhook_id=found.webhook_id, status=status, match_id=match_id, before=_before(cursor))
    return ResourceResponse(await queries.deliveries(behind.subscriptions, owner, asked, limit=limit))


@ROUTER.get("/webhooks/{webhook_id}/deliveries/{delivery_id}/attempts", responses=shows(list[AttemptView]))
async def list_attempts(
    *, behind: Behind, owner: OwnerAsked, webhook_id: WebhookId, delivery_id: DeliveryId
) -> ResourceResponse:
    """The attempts of a delivery, newest first; the newest 50 are kept."""
    found = await queries.one(behind.subscriptions, owner, webhook_id)
    of = {"webhook_id": found.webhook_id, "delivery_id": delivery_id}
    return ResourceResponse(await queries.attempts(behind.subscriptions, owner, **of))


@ROUTER.post("/webhooks/{webhook_id}/deliveries/resend", responses=shows(ResentView))
async def resend_dead(behind: Behind, owner: OwnerAsked, webhook_id: WebhookId) -> ResourceResponse:
    """Queue all dead deliveries again, in their original order and with their original IDs."""
    count = await queries.resend(behind.subscriptions, owner, webhook_id, now=behind.now())
    return ResourceResponse(ResentView(resent=count))


@ROUTER.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/resend", responses=shows(DeliveryView))
async def resend_delivery(
    behind: Behind, owner: OwnerAsked, *, webhook_id: WebhookId, delivery_id: DeliveryId
) -> ResourceResponse:
    """Queue a dead or delivered delivery again; a pending one stays pending."""
    await queries.resend(behind.subscriptions, owner, webhook_id, delivery_id=delivery_id, now=behind.now())
    found = await queries.line(behind.subscriptions, owner, webhook_id=webhook_id, delivery_id=delivery_id)
    return ResourceResponse(found)


def _before(cursor: str | None) -> int | None:
    try:
        return None if cursor is None else decoded(cursor)
    except ValueError as error:
        raise ProblemError(problem(400, "invalid", field="query.cursor", reason=str(error))) from error

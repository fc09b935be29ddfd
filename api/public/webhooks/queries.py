"""Creates, changes and reads a client's webhooks in the catalog.

Belongs here: which requests are refused, and with which problem. Does not belong here: sending (`api.outbox`), SQL.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from api.problems import ProblemError, problem
from api.public.access.owner import Owner
from api.public.answers import not_found
from api.public.bodies import decoded
from api.public.moments import iso
from api.public.subscriptions import Subscriptions
from api.public.webhooks.resources import (
    AttemptView,
    Deliveries,
    DeliveryView,
    NewWebhook,
    SecretView,
    WebhookView,
    attempt,
    delivery,
    encoded,
    webhook,
    with_secret,
)

if TYPE_CHECKING:
    from adapters.catalog.outbox import Asked
    from adapters.catalog.webhooks import By, Webhook

UNKNOWN = "there is no such webhook of this client"
_NEW = msgspec.json.Decoder(NewWebhook)


def asked_for(body: bytes, *, allows_private: bool) -> NewWebhook:
    """Decode and check the body of a new webhook. Raises a 400 problem that names the field."""
    from api.outbox.targets import TargetError, checked

    found = decoded(body, _NEW)
    try:
        checked(found.url, is_private_allowed=allows_private)
    except TargetError as error:
        raise ProblemError(problem(400, "invalid", field="$.url", reason=str(error))) from error
    return found


async def create(kept: Subscriptions, owner: Owner, wanted: NewWebhook, *, now: datetime) -> SecretView:
    """Create a webhook. Raises a 409 problem if the client has the maximum number."""
    from adapters.catalog.webhooks import WebhookError
    from api.outbox.signing import new_secret

    secret, by, types = new_secret(), _by(owner), tuple(dict.fromkeys(wanted.types))
    try:
        made = await kept.ask(
            lambda webhooks, _: webhooks.create(
                owner.client_id, url=wanted.url, types=types, secret=secret, by=by, now=now
            )
        )
    except WebhookError as error:
        told = problem(409, "too-many-webhooks", field="authorization", reason=str(error))
        raise ProblemError(told) from error
    return with_secret(made, secret)


async def all_of(kept: Subscriptions, owner: Owner) -> list[WebhookView]:
    """Return the client's webhooks, oldest first."""
    found = await kept.ask(lambda webhooks, _: webhooks.all(owner.client_id))
    return [webhook(each) for each in found]


async def one(kept: Subscriptions, owner: Owner, webhook_id: str) -> "Webhook":
    """Return one webhook. Raises a 404 problem, also for another client's webhook."""
    found = await kept.ask(lambda webhooks, _: webhooks.get(webhook_id, client_id=owner.client_id))
    if found is None:
        raise not_found("path.webhook_id", UNKNOWN)
    return found


async def delete(kept: Subscriptions, owner: Owner, webhook_id: str, *, now: datetime) -> None:
    """Delete a webhook. Raises a 404 problem."""
    by = _by(owner)
    with _known():
        await kept.ask(lambda webhooks, _: webhooks.delete(webhook_id, by=by, now=now))


async def rotate(
    kept: Subscriptions, owner: Owner, webhook_id: str, *, overlap: timedelta, now: datetime
) -> SecretView:
    """Create a new secret; previous ones also sign for `overlap`. Raises a 404 problem."""
    from api.outbox.signing import new_secret

    secret, by, until = new_secret(), _by(owner), now + overlap
    with _known():
        found = await kept.ask(
            lambda webhooks, _: webhooks.rotate(webhook_id, secret=secret, others_until=until, by=by, now=now)
        )
    return with_secret(found, secret, others_until=iso(until))


async def ping(kept: Subscriptions, owner: Owner, webhook_id: str, *, now: datetime) -> DeliveryView:
    """Queue a test event. Raises a 404 problem."""
    from adapters.catalog.outbox import New
    from api.outbox.events import PING, PingWebhook, WebhookTest, body

    found = await one(kept, owner, webhook_id)
    told = body(PingWebhook(timestamp=iso(now), data=WebhookTest(webhook_id=webhook_id)))
    new = New(delivery_id=str(uuid.uuid4()), webhook_id=found.webhook_id, type=PING, body=told)
    await kept.ask(lambda _, outbox: outbox.queue(new, now=now))
    return await line(kept, owner, webhook_id=found.webhook_id, delivery_id=new.delivery_id)


async def deliveries(kept: Subscriptions, owner: Owner, asked: "Asked", *, limit: int) -> Deliveries:
    """Return at most `limit` deliveries; the caller has checked that the webhook is the client's."""
    found = await kept.ask(lambda _, outbox: outbox.deliveries(asked, limit=limit + 1))
    shown = found[:limit]
    following = encoded(shown[-1]) if len(found) > limit else None
    return Deliveries(
        items=[delivery(each, is_shown=owner.may_see(each.match_id)) for each in shown], next_cursor=following
    )


async def line(kept: Subscriptions, owner: Owner, *, webhook_id: str, delivery_id: str) -> DeliveryView:
    """Return one delivery. Raises a 404 problem."""
    found = await kept.ask(lambda _, outbox: outbox.delivery(webhook_id, delivery_id))
    if found is None:
        raise not_found("path.delivery_id", "there is no such delivery of this webhook")
    return delivery(found, is_shown=owner.may_see(found.match_id))


async def attempts(
    kept: Subscriptions, owner: Owner, *, webhook_id: str, delivery_id: str
) -> list[AttemptView]:
    """Return the attempts of a delivery, newest first. Raises a 404 problem."""
    await line(kept, owner, webhook_id=webhook_id, delivery_id=delivery_id)
    found = await kept.ask(lambda _, outbox: outbox.attempts(delivery_id))
    return [attempt(each) for each in found]


async def resend(
    kept: Subscriptions, owner: Owner, webhook_id: str, *, delivery_id: str | None = None, now: datetime
) -> int:
    """Queue one delivery that is not pending, or all dead ones, again. Return how many. Raises a 404 problem."""
    found, by = await one(kept, owner, webhook_id), _by(owner)
    return await kept.ask(
        lambda _, outbox: outbox.resend(found.webhook_id, delivery_id=delivery_id, by=by, now=now)
    )


@contextmanager
def _known() -> Iterator[None]:
    """Turn the error of an unknown webhook into a 404 problem."""
    from adapters.catalog.webhooks import WebhookError

    try:
        yield
    except WebhookError as error:
        raise not_found("path.webhook_id", UNKNOWN) from error


def _by(owner: Owner) -> "By":
    from adapters.catalog.webhooks import By

    return By(who=owner.who, client_id=owner.client_id, key_id=owner.key_id)

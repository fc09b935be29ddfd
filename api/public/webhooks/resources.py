"""Webhooks and their deliveries as the API shows and takes them. Shapes and their making only."""

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from api.outbox.events import TYPES, EventType
from api.public.moments import iso, iso_or_none

if TYPE_CHECKING:
    from adapters.catalog.attempts import Tried
    from adapters.catalog.outbox import Delivery
    from adapters.catalog.webhooks import Webhook

_PLACE: msgspec.msgpack.Decoder[int] = msgspec.msgpack.Decoder(Annotated[int, msgspec.Meta(ge=0, lt=2**62)])
DeliveryStatus = Literal["pending", "delivered", "dead"]


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a webhook is made of."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    """Gets a POST for each event; https, at a public address."""
    types: Annotated[tuple[EventType, ...], msgspec.Meta(min_length=1)] = TYPES
    """The types of event that it gets; without a word all that there are now."""


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook of a client."""

    webhook_id: str
    url: str
    types: tuple[str, ...]
    created_at: str
    newest_delivery: DeliveryStatus | None
    """How far the delivery has come that was queued last; null: there is none yet."""


class SecretView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with its new secret, which is shown this once."""

    webhook_id: str
    url: str
    types: tuple[str, ...]
    created_at: str
    secret: str
    """`whsec_...`: what the signatures of its deliveries are checked with."""
    others_until: str | None = None
    """Until then the two secrets before sign too; null: there are none."""


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook, and how far it has come."""

    delivery_id: str
    """The header `webhook-id` of each attempt."""
    match_id: str | None
    seq: int | None
    type: str
    status: DeliveryStatus
    attempts: int
    created_at: str
    due_at: str | None
    """When it is tried next, at the earliest; null: it is not."""
    attempted_at: str | None
    delivered_at: str | None
    last_status: int | None
    """HTTP status of the last attempt; null: none, or no answer."""
    last_error: str | None
    body: msgspec.Raw
    """As it is sent; null: of a match that is not granted to the client any more."""


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one attempt of a delivery."""

    at: str
    """When it was over."""
    duration_ms: int | None
    """How long the target took; null: nothing was sent."""
    status: int | None
    """HTTP status of the answer; null: there was none."""
    error: str | None


class Deliveries(msgspec.Struct, frozen=True, kw_only=True):
    """A page of deliveries, the newest first. `next_cursor` asks for the next one; null at the end."""

    items: list[DeliveryView]
    next_cursor: str | None


class ResentView(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries are queued again."""

    resent: int


def webhook(kept: "Webhook") -> WebhookView:
    return WebhookView(
        webhook_id=kept.webhook_id,
        url=kept.url,
        types=kept.types,
        created_at=iso(kept.created_at),
        newest_delivery=msgspec.convert(kept.newest_delivery, DeliveryStatus | None),
    )


def with_secret(kept: "Webhook", secret: str, *, others_until: str | None = None) -> SecretView:
    return SecretView(
        webhook_id=kept.webhook_id,
        url=kept.url,
        types=kept.types,
        created_at=iso(kept.created_at),
        secret=secret,
        others_until=others_until,
    )


def delivery(line: "Delivery", *, is_shown: bool) -> DeliveryView:
    """`is_shown`: who asks may see its match."""
    is_pending = line.status == "pending"
    return DeliveryView(
        delivery_id=line.delivery_id,
        match_id=line.match_id,
        seq=line.seq,
        type=line.type,
        status=msgspec.convert(line.status, DeliveryStatus),
        attempts=line.attempts,
        created_at=iso(line.created_at),
        due_at=iso(line.due_at) if is_pending else None,
        attempted_at=iso_or_none(line.attempted_at),
        delivered_at=iso_or_none(line.delivered_at),
        last_status=line.last_status,
        last_error=line.last_error,
        body=msgspec.Raw(line.body.encode() if is_shown else b"null"),
    )


def attempt(tried: "Tried") -> AttemptView:
    return AttemptView(
        at=iso(tried.at), duration_ms=tried.duration_ms, status=tried.http_status, error=tried.error
    )


def encoded(line: "Delivery") -> str:
    """The place of a delivery, for the next page: opaque to clients."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(line.number)).decode().rstrip("=")


def decoded(text: str) -> int:
    """Raises ValueError for what is no cursor."""
    try:
        place = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return _PLACE.decode(place)
    except (binascii.Error, msgspec.DecodeError, UnicodeError) as error:
        raise ValueError("is none of this API's cursors") from error

"""Request and response types of webhooks and their deliveries.

Belongs here: types and their construction. Does not belong here: the catalog (`queries`), sending (`api.outbox`).
"""

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
    """The settings of a new webhook."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    """Receives a POST for each event; must be https, at a public address."""
    types: Annotated[tuple[EventType, ...], msgspec.Meta(min_length=1)] = TYPES
    """Event types to deliver; by default all types that exist at present."""


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook of a client."""

    webhook_id: str
    url: str
    types: tuple[str, ...]
    created_at: str
    newest_delivery: DeliveryStatus | None
    """Status of the delivery queued last; null if there is none yet."""


class SecretView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with its new secret, which is shown only in this response."""

    webhook_id: str
    url: str
    types: tuple[str, ...]
    created_at: str
    secret: str
    """`whsec_...`: the key that verifies the signatures of the webhook's deliveries."""
    others_until: str | None = None
    """Until then the two previous secrets also sign; null if there are none."""


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook, and its status."""

    delivery_id: str
    """Sent in the header `webhook-id` of each attempt."""
    match_id: str | None
    seq: int | None
    type: str
    status: DeliveryStatus
    attempts: int
    created_at: str
    due_at: str | None
    """Earliest time of the next attempt; null if there will be none."""
    attempted_at: str | None
    delivered_at: str | None
    last_status: int | None
    """HTTP status of the last attempt; null if there was none or no response."""
    last_error: str | None
    body: msgspec.Raw
    """The body as sent; null if the client no longer has access to the match."""


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one attempt of a delivery."""

    at: str
    """When the attempt ended."""
    duration_ms: int | None
    """Time until the target answered; null if nothing was sent."""
    status: int | None
    """HTTP status of the response; null if there was none."""
    error: str | None


class Deliveries(msgspec.Struct, frozen=True, kw_only=True):
    """A page of deliveries, newest first. `next_cursor` requests the next page; null on the last page."""

    items: list[DeliveryView]
    next_cursor: str | None


class ResentView(msgspec.Struct, frozen=True, kw_only=True):
    """Number of deliveries queued again."""

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
    """Build the view of a delivery. `is_shown`: whether the client may see its match."""
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
    """Encode the place of a delivery as an opaque cursor for the next page."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(line.number)).decode().rstrip("=")


def decoded(text: str) -> int:
    """Decode a cursor. Raises ValueError if it is invalid."""
    try:
        place = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return _PLACE.decode(place)
    except (binascii.Error, msgspec.DecodeError, UnicodeError) as error:
        raise ValueError("is none of this API's cursors") from error

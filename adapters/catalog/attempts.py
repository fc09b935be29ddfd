"""The results of a delivery's attempts, limited in number and deleted with the delivery.

Belongs here: storing and reading them. Does not belong here: how an attempt changes its delivery (`outbox`).
"""

from datetime import datetime

from msgspec import Struct, structs
from sqlalchemy import Delete, Engine, delete, exists, insert, select
from sqlalchemy.engine import Connection

from adapters.catalog.schema import WEBHOOK_ATTEMPTS, WEBHOOK_DELIVERIES
from adapters.catalog.transactions import rows

KEPT_MAX = 50
"""The most attempts kept of one delivery, the newest: more than it gets without a manual resend."""
A, D = WEBHOOK_ATTEMPTS.c, WEBHOOK_DELIVERIES.c


class Tried(Struct, frozen=True, kw_only=True):
    """One attempt that ended at `at`. `duration_ms` is null if nothing was sent, `http_status` if there was no
    answer."""

    at: datetime
    duration_ms: int | None = None
    http_status: int | None = None
    error: str | None = None


def keep(connection: Connection, delivery_id: str, tried: Tried) -> None:
    """Store one attempt, and delete the oldest if there are too many."""
    connection.execute(insert(WEBHOOK_ATTEMPTS).values(delivery_id=delivery_id, **structs.asdict(tried)))
    of_delivery = A.delivery_id == delivery_id
    newest = select(A.number).where(of_delivery).order_by(A.number.desc()).limit(KEPT_MAX)
    connection.execute(delete(WEBHOOK_ATTEMPTS).where(of_delivery, A.number.not_in(newest)))


def kept(engine: Engine, delivery_id: str) -> list[Tried]:
    """The attempts of a delivery, newest first."""
    query = select(*[A[name] for name in Tried.__struct_fields__]).where(A.delivery_id == delivery_id)
    return [Tried(**row) for row in rows(engine, query.order_by(A.number.desc()))]


def of_webhook(webhook_id: str) -> Delete:
    """Deletes the attempts of all deliveries of a webhook."""
    deliveries = select(D.delivery_id).where(D.webhook_id == webhook_id)
    return delete(WEBHOOK_ATTEMPTS).where(A.delivery_id.in_(deliveries))


def of_none() -> Delete:
    """Deletes attempts whose delivery no longer exists."""
    return delete(WEBHOOK_ATTEMPTS).where(~exists().where(D.delivery_id == A.delivery_id))

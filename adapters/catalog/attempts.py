"""What came of each attempt of a delivery, bounded in number and gone with the delivery.

Belongs here: keeping and reading them. Does not belong here: what an attempt does to its delivery (`outbox`).
"""

from datetime import datetime

from msgspec import Struct, structs
from sqlalchemy import Delete, Engine, delete, exists, insert, select
from sqlalchemy.engine import Connection

from adapters.catalog.schema import WEBHOOK_ATTEMPTS, WEBHOOK_DELIVERIES
from adapters.catalog.transactions import rows

KEPT_MAX = 50
"""Of one delivery, the newest: more than it gets without being asked for again."""
A, D = WEBHOOK_ATTEMPTS.c, WEBHOOK_DELIVERIES.c


class Tried(Struct, frozen=True, kw_only=True):
    """One attempt that is over at `at`. Without `duration_ms` nothing was sent, without `http_status` there was no
    answer."""

    at: datetime
    duration_ms: int | None = None
    http_status: int | None = None
    error: str | None = None


def keep(connection: Connection, delivery_id: str, tried: Tried) -> None:
    """One more, in the place of the oldest where there are too many."""
    connection.execute(insert(WEBHOOK_ATTEMPTS).values(delivery_id=delivery_id, **structs.asdict(tried)))
    of_delivery = A.delivery_id == delivery_id
    newest = select(A.number).where(of_delivery).order_by(A.number.desc()).limit(KEPT_MAX)
    connection.execute(delete(WEBHOOK_ATTEMPTS).where(of_delivery, A.number.not_in(newest)))


def kept(engine: Engine, delivery_id: str) -> list[Tried]:
    """Those of a delivery, the newest first."""
    query = select(*[A[name] for name in Tried.__struct_fields__]).where(A.delivery_id == delivery_id)
    return [Tried(**row) for row in rows(engine, query.order_by(A.number.desc()))]


def of_webhook(webhook_id: str) -> Delete:
    """Removes those of all deliveries of a webhook."""
    deliveries = select(D.delivery_id).where(D.webhook_id == webhook_id)
    return delete(WEBHOOK_ATTEMPTS).where(A.delivery_id.in_(deliveries))


def of_none() -> Delete:
    """Removes those whose delivery is gone."""
    return delete(WEBHOOK_ATTEMPTS).where(~exists().where(D.delivery_id == A.delivery_id))

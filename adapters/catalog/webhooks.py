"""The clients' webhooks in the catalog: created, looked up, given a new secret, deleted. Every change is in the audit
log.

Belongs here: the stored data of a webhook and its secrets. Does not belong here: its deliveries (`outbox`), the format
of secrets, signatures and allowed URLs (`api.outbox`).

Secrets are stored in plain text, because the sender needs them for signing. Only the sender reads them (`Outbox.due`):
no query of this module returns one.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Delete, Engine, and_, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from adapters.catalog.attempts import of_webhook
from adapters.catalog.audit import note
from adapters.catalog.schema import API_CLIENTS, WEBHOOK_DELIVERIES, WEBHOOK_SECRETS, WEBHOOKS
from adapters.catalog.transactions import hold, reading, rows, writing

OF_CLIENT_MAX = 20
"""The most webhooks of one client."""
OLDER_MAX = 2
"""The most older secrets that sign beside the newest one; each delivery is signed with all of them."""


class WebhookError(Exception):
    """An operation on a webhook is not possible; the text says why."""


class By(Struct, frozen=True, kw_only=True):
    """Who acts, for the audit log, and with which key. `client_id` limits access to that client's webhooks; null: no
    limit."""

    who: str
    client_id: str | None = None
    key_id: str | None = None


class Webhook(Struct, frozen=True, kw_only=True):
    """A stored webhook with its client's name, without its secrets. `newest_delivery` is the status of the delivery
    queued last; null if there is none."""

    webhook_id: str
    client_id: str
    client: str
    url: str
    types: tuple[str, ...]
    created_at: datetime
    newest_delivery: str | None = None


class Webhooks:
    """Webhooks over an open engine. Every method may raise CatalogAwayError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self, client_id: str, *, url: str, types: Sequence[str], secret: str, by: By, now: datetime
    ) -> Webhook:
        """Create a webhook for that client. Raises WebhookError if the client already has `OF_CLIENT_MAX`."""
        webhook_id = str(uuid.uuid4())
        row = {"webhook_id": webhook_id, "client_id": client_id, "url": url, "types": list(types)}
        with writing(self._engine) as connection:
            hold(connection, API_CLIENTS.c.client_id, client_id)  # serialises concurrent counts
            if _count(connection, client_id) >= OF_CLIENT_MAX:
                raise WebhookError(f"a client has at most {OF_CLIENT_MAX} webhooks")
            connection.execute(insert(WEBHOOKS).values(**row, created_at=now))
            _keep(connection, webhook_id, secret=secret, now=now)
            _note(connection, "create webhook", webhook_id, by=by, client_id=client_id, now=now)
            return _found(connection, webhook_id, by)

    def all(self, client_id: str | None = None) -> list[Webhook]:
        """The webhooks of one client, or of all; oldest first."""
        chosen = [WEBHOOKS.c.client_id == client_id] if client_id is not None else []
        order = (WEBHOOKS.c.created_at, WEBHOOKS.c.webhook_id)
        return [_webhook(row) for row in rows(self._engine, _LINES.where(*chosen).order_by(*order))]

    def get(self, webhook_id: str, *, client_id: str | None = None) -> Webhook | None:
        """One webhook; None if it does not exist or belongs to another client."""
        with reading(self._engine) as connection:
            return _one(connection, webhook_id, client_id)

    def rotate(
        self, webhook_id: str, *, secret: str, others_until: datetime, by: By, now: datetime
    ) -> Webhook:
        """Add a new secret. The two newest of the old ones also sign until `others_until` at the latest; the rest are
        deleted. Raises WebhookError."""
        later = and_(WEBHOOK_SECRETS.c.webhook_id == webhook_id, _is_after(others_until))
        with writing(self._engine) as connection:
            hold(connection, WEBHOOKS.c.webhook_id, webhook_id)  # serialises concurrent rotations
            found = _found(connection, webhook_id, by)
            connection.execute(delete(WEBHOOK_SECRETS).where(WEBHOOK_SECRETS.c.until <= now))
            connection.execute(_all_but_the_newest(webhook_id))
            connection.execute(update(WEBHOOK_SECRETS).where(later).values(until=others_until))
            _keep(connection, webhook_id, secret=secret, now=now)
            act = "rotate secret of webhook"
            _note(connection, act, webhook_id, by=by, client_id=found.client_id, now=now)
            return found

    def delete(self, webhook_id: str, *, by: By, now: datetime) -> None:
        """Delete the webhook with its secrets and deliveries, including pending ones. Raises WebhookError."""
        with writing(self._engine) as connection:
            found = _found(connection, webhook_id, by)
            connection.execute(of_webhook(webhook_id))
            for table in (WEBHOOK_DELIVERIES, WEBHOOK_SECRETS, WEBHOOKS):
                connection.execute(delete(table).where(table.c.webhook_id == webhook_id))
            _note(connection, "delete webhook", webhook_id, by=by, client_id=found.client_id, now=now)


_NEWEST = (
    select(WEBHOOK_DELIVERIES.c.status)
    .where(WEBHOOK_DELIVERIES.c.webhook_id == WEBHOOKS.c.webhook_id)
    .order_by(WEBHOOK_DELIVERIES.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_LINES = select(WEBHOOKS, API_CLIENTS.c.name.label("client"), _NEWEST.label("newest_delivery")).join(
    API_CLIENTS, API_CLIENTS.c.client_id == WEBHOOKS.c.client_id
)


def _count(connection: Connection, client_id: str) -> int:
    counted = select(func.count()).select_from(WEBHOOKS).where(WEBHOOKS.c.client_id == client_id)
    return int(connection.execute(counted).scalar_one())


def _keep(connection: Connection, webhook_id: str, *, secret: str, now: datetime) -> None:
    row = {"secret_id": str(uuid.uuid4()), "webhook_id": webhook_id, "secret": secret, "created_at": now}
    connection.execute(insert(WEBHOOK_SECRETS).values(row))


def _all_but_the_newest(webhook_id: str) -> Delete:
    """Deletes a webhook's secrets except those that may sign beside a new one."""
    s = WEBHOOK_SECRETS.c
    of_webhook = s.webhook_id == webhook_id
    newest = select(s.secret_id).where(of_webhook).order_by(s.created_at.desc(), s.secret_id)
    return delete(WEBHOOK_SECRETS).where(of_webhook, s.secret_id.not_in(newest.limit(OLDER_MAX)))


def _found(connection: Connection, webhook_id: str, by: By) -> Webhook:
    found = _one(connection, webhook_id, by.client_id)
    if found is None:
        raise WebhookError(f"there is no webhook {webhook_id!r}")
    return found


def _one(connection: Connection, webhook_id: str, client_id: str | None) -> Webhook | None:
    chosen = [WEBHOOKS.c.webhook_id == webhook_id]
    if client_id is not None:
        chosen.append(WEBHOOKS.c.client_id == client_id)
    row = connection.execute(_LINES.where(*chosen)).mappings().first()
    return None if row is None else _webhook(row)


def _webhook(row: Mapping[Any, Any]) -> Webhook:
    told = {str(name): value for name, value in row.items()}
    return Webhook(**told | {"types": tuple(told["types"])})


def _is_after(moment: datetime) -> ColumnElement[bool]:
    return WEBHOOK_SECRETS.c.until.is_(None) | (WEBHOOK_SECRETS.c.until > moment)


def _note(
    connection: Connection, act: str, webhook_id: str, *, by: By, client_id: str, now: datetime
) -> None:
    note(connection, f"{act} {webhook_id}", who=by.who, now=now, client_id=client_id, key_id=by.key_id)

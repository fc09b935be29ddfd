"""The webhook outbox in the catalog: deliveries to send, their order and results, and the positions in the log.

Belongs here: the queue and its history. Does not belong here: which event makes a delivery, sending (`api.outbox`), the
webhooks themselves (`webhooks`).

A batch of the log, its deliveries and the new positions are stored in one transaction, so a killed process reads again
exactly what it has not stored. Deliveries of one webhook and match form a lane: the first pending one blocks the rest.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Engine, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from adapters.catalog.attempts import Tried, keep, kept, of_none
from adapters.catalog.audit import note
from adapters.catalog.schema import (
    API_CLIENTS,
    API_KEYS,
    WEBHOOK_CURSORS,
    WEBHOOK_DELIVERIES,
    WEBHOOK_RESULTS,
    WEBHOOK_SECRETS,
    WEBHOOKS,
)
from adapters.catalog.transactions import named, reading, rows, writing
from adapters.catalog.webhooks import By

Status = Literal["pending", "delivered", "dead"]
Place = tuple[str, int]
"""Topic, partition."""
Lane = tuple[str, str | None]
"""Webhook id, match id."""
D = WEBHOOK_DELIVERIES.c


class Subscription(Struct, frozen=True, kw_only=True):
    """The subscription of a webhook: these types, for matches that fit the patterns (null: all), published since
    `since`."""

    webhook_id: str
    types: tuple[str, ...]
    matches: tuple[str, ...] | None
    since: datetime


class New(Struct, frozen=True, kw_only=True):
    """A delivery to queue. `match_id` and `seq` are null for a test event."""

    delivery_id: str
    webhook_id: str
    type: str
    body: str
    match_id: str | None = None
    seq: int | None = None


class Due(Struct, frozen=True, kw_only=True):
    """A delivery to send now, with the secrets to sign it with, newest first."""

    delivery_id: str
    webhook_id: str
    match_id: str | None
    url: str
    body: str
    attempts: int
    queued_at: datetime
    secrets: tuple[str, ...]
    matches: tuple[str, ...] | None = None
    """Patterns of the matches that its client may currently see; null: all."""

    @property
    def lane(self) -> Lane:
        return self.webhook_id, self.match_id

    def __repr__(self) -> str:
        return f"Due({self.delivery_id})"


class Attempt(Struct, frozen=True, kw_only=True):
    """The result of one attempt, and when the next is due if the delivery is still pending."""

    at: datetime
    status: Status
    due_at: datetime
    http_status: int | None = None
    error: str | None = None
    duration_ms: int | None = None
    """The target's response time in milliseconds; null if nothing was sent."""


class Delivery(Struct, frozen=True, kw_only=True):
    """One delivery in the delivery log."""

    number: int
    delivery_id: str
    webhook_id: str
    match_id: str | None
    seq: int | None
    type: str
    body: str
    status: str
    attempts: int
    created_at: datetime
    due_at: datetime
    attempted_at: datetime | None
    delivered_at: datetime | None
    last_status: int | None
    last_error: str | None


class Asked(Struct, frozen=True, kw_only=True):
    """A query for deliveries of one webhook: by status, by match, and with a number below `before`."""

    webhook_id: str
    status: Status | None = None
    match_id: str | None = None
    before: int | None = None


class Batch(Struct, frozen=True, kw_only=True):
    """The result of one section of the log. `told` holds, by match, what is now known about it, as JSON."""

    origin: str
    positions: Mapping[Place, int]
    deliveries: Sequence[New] = ()
    told: Mapping[str, str] = {}


class Outbox:
    """The outbox over an open engine. Thread-safe. Every method may raise CatalogAwayError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def positions(self, origin: str) -> dict[Place, int]:
        """The positions from which to continue in the log `origin`. State of another log is deleted, since its offsets
        refer to other records."""
        with writing(self._engine) as connection:
            other = WEBHOOK_CURSORS.c.origin != origin
            if connection.execute(delete(WEBHOOK_CURSORS).where(other)).rowcount:
                connection.execute(delete(WEBHOOK_RESULTS))
            kept = connection.execute(select(WEBHOOK_CURSORS))
            return {(row.topic, row.partition): row.position for row in kept}

    def told(self) -> dict[str, str]:
        """What was known about each match at those positions, by match id."""
        with reading(self._engine) as connection:
            return {row.match_id: row.told for row in connection.execute(select(WEBHOOK_RESULTS))}

    def subscriptions(self, now: datetime) -> list[Subscription]:
        """The subscriptions of clients that have a valid key."""
        query = (
            select(WEBHOOKS.c.webhook_id, WEBHOOKS.c.types, API_CLIENTS.c.matches, WEBHOOKS.c.created_at)
            .join(API_CLIENTS, API_CLIENTS.c.client_id == WEBHOOKS.c.client_id)
            .where(_is_served(now))
        )
        return [_subscription(row) for row in rows(self._engine, query)]

    def note(self, batch: Batch, *, now: datetime) -> None:
        """Queue the deliveries and store the positions, all or nothing. A delivery that already exists stays unchanged;
        one whose webhook has been deleted is skipped."""
        with writing(self._engine) as connection:
            _queue(connection, batch.deliveries, now=now)
            for match_id, told in batch.told.items():
                row = {"match_id": match_id, "told": told, "changed_at": now}
                _upsert(connection, WEBHOOK_RESULTS, row)
            for (topic, partition), position in batch.positions.items():
                place = {"topic": topic, "partition": partition}
                _upsert(connection, WEBHOOK_CURSORS, place | {"origin": batch.origin, "position": position})

    def queue(self, delivery: New, *, now: datetime) -> None:
        """Queue one delivery that does not come from the log."""
        with writing(self._engine) as connection:
            _queue(connection, (delivery,), now=now)

    def due(self, now: datetime, *, limit: int, without: Collection[str] = ()) -> list[Due]:
        """The first pending delivery of each lane if it is due, longest due first, except those of the webhooks in
        `without`."""
        heads = select(func.min(D.number)).where(D.status == "pending").group_by(D.webhook_id, D.match_id)
        query = (
            select(*_DUE, WEBHOOKS.c.url, API_CLIENTS.c.matches)
            .join(WEBHOOKS, WEBHOOKS.c.webhook_id == D.webhook_id)
            .join(API_CLIENTS, API_CLIENTS.c.client_id == WEBHOOKS.c.client_id)
            .where(D.number.in_(heads), D.due_at <= now, _is_served(now), D.webhook_id.not_in(without))
            .order_by(D.due_at, D.number)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            due = connection.execute(query).mappings().all()
            secrets = _secrets(connection, {row["webhook_id"] for row in due}, now=now)
        return [_due(named(row), secrets.get(row["webhook_id"], ())) for row in due]

    def settle(self, delivery_id: str, attempt: Attempt) -> None:
        """Store the result of an attempt. A delivery deleted meanwhile stays deleted. It is found by its id, because
        its number may have been reused."""
        values = {
            "status": attempt.status,
            "attempts": D.attempts + 1,
            "attempted_at": attempt.at,
            "due_at": attempt.due_at,
            "delivered_at": attempt.at if attempt.status == "delivered" else None,
            "last_status": attempt.http_status,
            "last_error": attempt.error,
        }
        chosen = and_(D.delivery_id == delivery_id, D.status == "pending")
        tried = Tried(
            at=attempt.at,
            duration_ms=attempt.duration_ms,
            http_status=attempt.http_status,
            error=attempt.error,
        )
        with writing(self._engine) as connection:
            if connection.execute(update(WEBHOOK_DELIVERIES).where(chosen).values(values)).rowcount:
                keep(connection, delivery_id, tried)

    def attempts(self, delivery_id: str) -> list[Tried]:
        """The attempts of a delivery, newest first, including those before a resend."""
        return kept(self._engine, delivery_id)

    def resend(self, webhook_id: str, *, delivery_id: str | None = None, by: By, now: datetime) -> int:
        """Queue again one delivery that is not pending, or all dead ones, in their old order. Returns how many there
        were. The caller has checked who owns the webhook."""
        one = and_(D.delivery_id == delivery_id, D.status != "pending")
        chosen = and_(D.webhook_id == webhook_id, D.status == "dead" if delivery_id is None else one)
        again = {"status": "pending", "attempts": 0, "queued_at": now, "due_at": now, **_UNTRIED}
        with writing(self._engine) as connection:
            count = connection.execute(update(WEBHOOK_DELIVERIES).where(chosen).values(again)).rowcount
            if count:
                act = f"resend {count} deliveries of webhook {webhook_id}"
                whose = select(WEBHOOKS.c.client_id).where(WEBHOOKS.c.webhook_id == webhook_id)
                client_id: str = connection.execute(whose).scalar_one()
                note(connection, act, who=by.who, now=now, client_id=client_id, key_id=by.key_id)
            return count

    def deliveries(self, asked: Asked, *, limit: int) -> list[Delivery]:
        """The deliveries that match, newest first."""
        query = select(*[D[name] for name in Delivery.__struct_fields__]).where(*_conditions(asked))
        latest = query.order_by(D.number.desc()).limit(limit)
        return [Delivery(**row) for row in rows(self._engine, latest)]

    def delivery(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """One delivery, or None."""
        query = select(*[D[name] for name in Delivery.__struct_fields__])
        chosen = query.where(D.webhook_id == webhook_id, D.delivery_id == delivery_id)
        with reading(self._engine) as connection:
            row = connection.execute(chosen).mappings().first()
            return None if row is None else Delivery(**named(row))

    def count(self, status: Status) -> int:
        """The number of deliveries with that status."""
        with reading(self._engine) as connection:
            counted = select(func.count()).select_from(WEBHOOK_DELIVERIES).where(D.status == status)
            return int(connection.execute(counted).scalar_one())

    def forget(self, before: datetime) -> int:
        """Delete finished deliveries and match results older than `before`, and all deliveries of deleted webhooks.
        Other pending deliveries stay. Returns the number of deleted deliveries."""
        old = and_(D.status != "pending", D.queued_at < before)
        lost = D.webhook_id.not_in(select(WEBHOOKS.c.webhook_id))
        with writing(self._engine) as connection:
            connection.execute(delete(WEBHOOK_RESULTS).where(WEBHOOK_RESULTS.c.changed_at < before))
            count = connection.execute(delete(WEBHOOK_DELIVERIES).where(or_(old, lost))).rowcount
            connection.execute(of_none())
            return count


_DUE = (D.delivery_id, D.webhook_id, D.match_id, D.body, D.attempts, D.queued_at)
_UNTRIED = dict.fromkeys(("attempted_at", "delivered_at", "last_status", "last_error"))
"""The values of a delivery before its first attempt."""


def _is_served(now: datetime) -> ColumnElement[bool]:
    """Whether the webhook's client has a valid key: a client without one receives nothing more."""
    is_valid = or_(API_KEYS.c.expires_at.is_(None), API_KEYS.c.expires_at > now)
    of_client = API_KEYS.c.client_id == WEBHOOKS.c.client_id
    return exists(select(1).where(of_client, API_KEYS.c.revoked_at.is_(None), is_valid))


def _queue(connection: Connection, deliveries: Sequence[New], *, now: datetime) -> None:
    wanted = {each.webhook_id for each in deliveries}
    there: set[str] = {*connection.execute(_known(wanted)).scalars()} if wanted else set()
    fixed = {"status": "pending", "created_at": now, "queued_at": now, "due_at": now}
    queued = [_row(each) | fixed for each in deliveries if each.webhook_id in there]
    if queued:
        insert = _insert(connection)(WEBHOOK_DELIVERIES)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["delivery_id"]), queued)


def _known(webhook_ids: Collection[str]) -> Select[tuple[str]]:
    return select(WEBHOOKS.c.webhook_id).where(WEBHOOKS.c.webhook_id.in_(webhook_ids))


def _row(new: New) -> dict[str, Any]:
    return {name: getattr(new, name) for name in New.__struct_fields__}


def _secrets(connection: Connection, webhook_ids: Collection[str], *, now: datetime) -> dict[str, list[str]]:
    s = WEBHOOK_SECRETS.c
    signs = or_(s.until.is_(None), s.until > now)
    query = select(s.webhook_id, s.secret).where(s.webhook_id.in_(webhook_ids), signs)
    found: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(s.created_at.desc())):
        found.setdefault(row.webhook_id, []).append(row.secret)
    return found


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found = [D.webhook_id == asked.webhook_id]
    found += [D.status == asked.status] if asked.status is not None else []
    found += [D.match_id == asked.match_id] if asked.match_id is not None else []
    return found + ([D.number < asked.before] if asked.before is not None else [])


def _due(row: Mapping[str, Any], secrets: Sequence[str]) -> Due:
    return Due(**{**row, "matches": _patterns(row), "secrets": tuple(secrets)})


def _subscription(row: Mapping[str, Any]) -> Subscription:
    return Subscription(
        webhook_id=row["webhook_id"],
        types=tuple(row["types"]),
        matches=_patterns(row),
        since=row["created_at"],
    )


def _patterns(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    return None if row["matches"] is None else tuple(row["matches"])


def _insert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def _upsert(connection: Connection, table: Any, row: Mapping[str, Any]) -> None:
    insert = _insert(connection)(table).values(row)
    keys = [column.name for column in table.primary_key.columns]
    updated = {name: insert.excluded[name] for name in row if name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=updated))

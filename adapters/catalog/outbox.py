"""The outbox of webhooks in the catalog: what is to be sent, in which order, what came of it, how far the log is in it.

Belongs here: the queue and its log. Does not belong here: which event makes a delivery, sending (`api.outbox`), the
webhooks themselves (`webhooks`).

A batch of the log, the deliveries of it and the new position are one transaction: a process that is killed reads again
exactly what it has not noted. Deliveries of one webhook and match form a lane: the first that is pending bars the rest.
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
"""Topic and partition."""
Lane = tuple[str, str | None]
"""Webhook and match."""
D = WEBHOOK_DELIVERIES.c


class Subscription(Struct, frozen=True, kw_only=True):
    """What a webhook gets: these types, of matches within the patterns (null: all), published since `since`."""

    webhook_id: str
    types: tuple[str, ...]
    matches: tuple[str, ...] | None
    since: datetime


class New(Struct, frozen=True, kw_only=True):
    """A delivery to be queued. `match_id` and `seq` are null for a test event."""

    delivery_id: str
    webhook_id: str
    type: str
    body: str
    match_id: str | None = None
    seq: int | None = None


class Due(Struct, frozen=True, kw_only=True):
    """A delivery to be sent now, with what it is signed with, the newest secret first."""

    delivery_id: str
    webhook_id: str
    match_id: str | None
    url: str
    body: str
    attempts: int
    queued_at: datetime
    secrets: tuple[str, ...]
    matches: tuple[str, ...] | None = None
    """Patterns of the matches that its client may see now; null: all."""

    @property
    def lane(self) -> Lane:
        return self.webhook_id, self.match_id

    def __repr__(self) -> str:
        return f"Due({self.delivery_id})"


class Attempt(Struct, frozen=True, kw_only=True):
    """What came of one attempt, and when the next is due if it is still pending."""

    at: datetime
    status: Status
    due_at: datetime
    http_status: int | None = None
    error: str | None = None
    duration_ms: int | None = None
    """How long the target took; null: nothing was sent."""


class Delivery(Struct, frozen=True, kw_only=True):
    """One line of the log."""

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
    """Lines of one webhook: of a status, of a match, older than `before`."""

    webhook_id: str
    status: Status | None = None
    match_id: str | None = None
    before: int | None = None


class Batch(Struct, frozen=True, kw_only=True):
    """What one stretch of the log comes to. `told` is by match what is known of it now, as JSON."""

    origin: str
    positions: Mapping[Place, int]
    deliveries: Sequence[New] = ()
    told: Mapping[str, str] = {}


class Outbox:
    """Over an open engine. Safe for threads. Every method may raise CatalogAwayError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def positions(self, origin: str) -> dict[Place, int]:
        """Where to go on in that log. What is kept of another log is dropped: its offsets mean other records."""
        with writing(self._engine) as connection:
            other = WEBHOOK_CURSORS.c.origin != origin
            if connection.execute(delete(WEBHOOK_CURSORS).where(other)).rowcount:
                connection.execute(delete(WEBHOOK_RESULTS))
            kept = connection.execute(select(WEBHOOK_CURSORS))
            return {(row.topic, row.partition): row.position for row in kept}

    def told(self) -> dict[str, str]:
        """By match what was known of it at those positions."""
        with reading(self._engine) as connection:
            return {row.match_id: row.told for row in connection.execute(select(WEBHOOK_RESULTS))}

    def subscriptions(self, now: datetime) -> list[Subscription]:
        """Those of clients with a key that is taken."""
        query = (
            select(WEBHOOKS.c.webhook_id, WEBHOOKS.c.types, API_CLIENTS.c.matches, WEBHOOKS.c.created_at)
            .join(API_CLIENTS, API_CLIENTS.c.client_id == WEBHOOKS.c.client_id)
            .where(_is_served(now))
        )
        return [_subscription(row) for row in rows(self._engine, query)]

    def note(self, batch: Batch, *, now: datetime) -> None:
        """Queue the deliveries and move the position, all or nothing. One that is here already stays as it is, and one
        whose webhook is gone meanwhile is left out."""
        with writing(self._engine) as connection:
            _queue(connection, batch.deliveries, now=now)
            for match_id, told in batch.told.items():
                row = {"match_id": match_id, "told": told, "changed_at": now}
                _upsert(connection, WEBHOOK_RESULTS, row)
            for (topic, partition), position in batch.positions.items():
                place = {"topic": topic, "partition": partition}
                _upsert(connection, WEBHOOK_CURSORS, place | {"origin": batch.origin, "position": position})

    def queue(self, delivery: New, *, now: datetime) -> None:
        """One delivery that does not come from the log."""
        with writing(self._engine) as connection:
            _queue(connection, (delivery,), now=now)

    def due(self, now: datetime, *, limit: int, without: Collection[str] = ()) -> list[Due]:
        """The first of each lane whose time has come, the longest due first; none of the webhooks in `without`."""
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
        """Keep what came of an attempt. A delivery that is gone meanwhile stays gone. By its id: its number may be that
        of another one then."""
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
        """What came of each attempt of a delivery, the newest first, also of those before it was sent again."""
        return kept(self._engine, delivery_id)

    def resend(self, webhook_id: str, *, delivery_id: str | None = None, by: By, now: datetime) -> int:
        """Queue one that is not pending, or all that are dead, again in their old order; how many there were. Whose
        webhook it is has been looked at before."""
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
        """Lines of the log, the newest first."""
        query = select(*[D[name] for name in Delivery.__struct_fields__]).where(*_conditions(asked))
        latest = query.order_by(D.number.desc()).limit(limit)
        return [Delivery(**row) for row in rows(self._engine, latest)]

    def delivery(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """One line of the log."""
        query = select(*[D[name] for name in Delivery.__struct_fields__])
        chosen = query.where(D.webhook_id == webhook_id, D.delivery_id == delivery_id)
        with reading(self._engine) as connection:
            row = connection.execute(chosen).mappings().first()
            return None if row is None else Delivery(**named(row))

    def count(self, status: Status) -> int:
        """How many deliveries there are in that status."""
        with reading(self._engine) as connection:
            counted = select(func.count()).select_from(WEBHOOK_DELIVERIES).where(D.status == status)
            return int(connection.execute(counted).scalar_one())

    def forget(self, before: datetime) -> int:
        """Drop the log, and what is known of matches, from before that moment; what is pending stays, where its webhook
        is there."""
        old = and_(D.status != "pending", D.queued_at < before)
        lost = D.webhook_id.not_in(select(WEBHOOKS.c.webhook_id))
        with writing(self._engine) as connection:
            connection.execute(delete(WEBHOOK_RESULTS).where(WEBHOOK_RESULTS.c.changed_at < before))
            count = connection.execute(delete(WEBHOOK_DELIVERIES).where(or_(old, lost))).rowcount
            connection.execute(of_none())
            return count


_DUE = (D.delivery_id, D.webhook_id, D.match_id, D.body, D.attempts, D.queued_at)
_UNTRIED = dict.fromkeys(("attempted_at", "delivered_at", "last_status", "last_error"))
"""What is known of a delivery's attempts before the first one."""


def _is_served(now: datetime) -> ColumnElement[bool]:
    """Whether the webhook's client has a key that is taken: who is shown out is told nothing more."""
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

"""The clients' usage by day in the catalog: every API process adds to it, administrators read it.

Belongs here: adding and summing. Does not belong here: counting within a process, and the consequences of a sum
(`api.public.access`).
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from msgspec import Struct, structs
from sqlalchemy import BigInteger, ColumnElement, Engine, Table, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from adapters.catalog.schema import API_CLIENTS, CLIENT_USAGE
from adapters.catalog.transactions import rows, writing

COUNTS = ("requests", "connections", "refused", "events")


class Used(Struct, frozen=True, kw_only=True):
    """A client's usage on a day (UTC): answered requests, opened live feeds, requests refused above its plan, and
    messages sent by live feeds."""

    client_id: str
    day: date
    requests: int = 0
    connections: int = 0
    refused: int = 0
    events: int = 0


class Total(Struct, frozen=True, kw_only=True):
    """What counts against a plan in a month: requests plus connections, and events."""

    asked: int = 0
    events: int = 0


class MonthLine(Struct, frozen=True, kw_only=True):
    """A client's usage in a month."""

    client_id: str
    name: str
    plan: str
    requests: int
    connections: int
    refused: int
    events: int


class UsageBook:
    """The usage counts over an open engine. Every method may raise CatalogAwayError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, used: Sequence[Used], *, month: date) -> dict[str, Total]:
        """Add to the stored counts, all or nothing. Returns these clients' totals of the month that begins with
        `month`, across all processes."""
        client_ids = {each.client_id for each in used}
        with writing(self._engine) as connection:
            for each in sorted(used, key=lambda one: (one.client_id, one.day)):
                _add(connection, each)
            return _totals(connection, client_ids, month)

    def days(self, client_id: str, *, since: date) -> list[Used]:
        """A client's usage by day from `since` on, latest first; a day without usage has no entry."""
        u = CLIENT_USAGE.c
        query = select(CLIENT_USAGE).where(u.client_id == client_id, u.day >= since).order_by(u.day.desc())
        return [Used(**row) for row in rows(self._engine, query)]

    def month(self, month: date) -> list[MonthLine]:
        """The usage of every client, by name, in the month that begins with `month`."""
        a = API_CLIENTS.c
        sums = [
            cast(func.coalesce(func.sum(CLIENT_USAGE.c[name]), 0), BigInteger).label(name) for name in COUNTS
        ]
        of_client = (CLIENT_USAGE.c.client_id == a.client_id) & _within(month)
        query = select(a.client_id, a.name, a.plan, *sums).outerjoin(CLIENT_USAGE, of_client)
        by_client = query.group_by(a.client_id, a.name, a.plan).order_by(a.name)
        return [MonthLine(**row) for row in rows(self._engine, by_client)]


def _add(connection: Connection, row: Used) -> None:
    """Add one row. The caller adds rows in a fixed order, so that two processes cannot deadlock."""
    table: Table = CLIENT_USAGE
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(structs.asdict(row))
    sums = {name: table.c[name] + statement.excluded[name] for name in COUNTS}
    connection.execute(statement.on_conflict_do_update(index_elements=["client_id", "day"], set_=sums))


def _totals(connection: Connection, client_ids: set[str], month: date) -> dict[str, Total]:
    u = CLIENT_USAGE.c
    sums = (func.sum(u.requests + u.connections), func.sum(u.events))
    query = select(u.client_id, *sums).where(u.client_id.in_(client_ids), _within(month))
    found = connection.execute(query.group_by(u.client_id))
    return {row[0]: Total(asked=int(row[1]), events=int(row[2])) for row in found}


def _within(month: date) -> ColumnElement[bool]:
    last = month.replace(day=monthrange(month.year, month.month)[1])
    return CLIENT_USAGE.c.day.between(month, last)

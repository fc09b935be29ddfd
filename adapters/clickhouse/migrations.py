"""Migrates a store to the declared tables: forward only, at the start of the loader, safe for concurrent runs.

Belongs here: adding tables and columns, setting retention. Does not belong here: dropping, renaming or converting
anything.

The executed statements are recorded in `schema_migrations`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit, urlunsplit

from clickhouse_connect.driver.binding import quote_identifier
from clickhouse_connect.driver.client import Client

from adapters.clickhouse.client import connect, query_rows
from adapters.clickhouse.ddl import (
    MIGRATIONS,
    add_column_sql,
    create_sql,
    modify_ttl_sql,
    quoted,
    retention,
    ttl_sql,
)
from adapters.clickhouse.tables import TABLES, Table

Columns = Mapping[str, Mapping[str, str]]
"""The column types found in the store, by table and column."""


class SchemaConflict(Exception):
    """A column in the store has another type than declared; adding columns cannot resolve that."""


def create_database(url: str, options: Mapping[str, str] | None = None) -> None:
    """Create the database named by a client URL, with the Atomic engine, if it does not exist. A URL without a name
    means the server's default database, which always exists."""
    parts = urlsplit(url)
    database = unquote(parts.path[1:].split("/")[0])
    if not database:
        return
    client = connect(urlunsplit(parts._replace(path="/default")), options)
    try:
        client.command(f"CREATE DATABASE IF NOT EXISTS {quote_identifier(database)} ENGINE = Atomic")
    finally:
        client.close()


def migrate(
    client: Client, *, ttl_days: Mapping[str, int] | None = None, tables: Sequence[Table] = TABLES
) -> list[str]:
    """Migrate the connection's database to the declared tables. Returns the statements that were needed.

    `tables` are those that the caller fills: the live path does not wait for the marts'. `ttl_days` is the retention by
    table name where it differs from the declared one; 0 keeps rows forever. Raises SchemaConflict before anything is
    changed.
    """
    client.command(create_sql(MIGRATIONS, ttl_days=None))
    steps = list(plan(_present(client), _ttls(client), ttl_days or {}, tables=tables))
    for table, statement in steps:
        client.command(statement)
        _note(client, table, statement)
    return [statement for _, statement in steps]


def plan(
    present: Columns,
    ttls: Mapping[str, str],
    ttl_days: Mapping[str, int],
    *,
    tables: Sequence[Table] = TABLES,
) -> Iterator[tuple[str, str]]:
    """The missing changes as (table, statement). `ttls` holds each existing table's engine clause."""
    for table in tables:
        columns = present.get(table.name)
        days = retention(table, ttl_days)
        if columns is None:
            yield table.name, create_sql(table, ttl_days=days)
            continue
        for statement in _additions(table, columns):
            yield table.name, statement
        if table.ttl_column and not _keeps(table, ttls.get(table.name, ""), days):
            yield table.name, modify_ttl_sql(table, ttl_days=days)


def _additions(table: Table, columns: Mapping[str, str]) -> Iterator[str]:
    for column in table.columns:
        found = columns.get(column.name)
        if found is None:
            yield add_column_sql(table, column)
        elif found != column.full_type:
            raise SchemaConflict(
                f"{table.name}.{column.name} is {found} in the store and {column.full_type} in this program"
            )


def _keeps(table: Table, engine_clause: str, days: int | None) -> bool:
    """Whether a table's engine clause already has this retention."""
    if days is None:
        return " TTL " not in engine_clause
    return f" TTL {ttl_sql(table, days)}" in engine_clause


def _present(client: Client) -> Columns:
    found: dict[str, dict[str, str]] = {}
    sql = "SELECT table, name, type FROM system.columns WHERE database = currentDatabase()"
    for row in query_rows(client, sql):
        found.setdefault(row["table"], {})[row["name"]] = row["type"]
    return found


def _ttls(client: Client) -> dict[str, str]:
    sql = "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    return {row["name"]: row["engine_full"] for row in query_rows(client, sql)}


def _note(client: Client, table: str, statement: str) -> None:
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    client.command(
        f"INSERT INTO `{MIGRATIONS.name}` (applied_at, table, statement) "
        f"VALUES ({quoted(moment)}, {quoted(table)}, {quoted(statement)})"
    )

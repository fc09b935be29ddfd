"""Bringing a store to the declared tables: forward only, at the start of the loader, safe to run by several at once.

Columns and tables are added, retention is set; nothing is dropped, renamed or converted. What was done stands in
`schema_migrations`.
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
"""Type by column by table, as the store has them."""


class SchemaConflict(Exception):
    """The store has a column in another type than declared: a change that cannot go forward by adding."""


def create_database(url: str, options: Mapping[str, str] | None = None) -> None:
    """Create the database that the URL names to a client, Atomic, if it is not there. One that names none means the
    server's own, which is there."""
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
    """Bring the connection's database to the declared tables and return the statements that were needed.

    `tables` are those that the caller fills: the live path does not wait for the marts'. `ttl_days` is the retention by
    table name where it differs from the declared one; 0 keeps rows for ever. Raises SchemaConflict,
    before anything is changed.
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
    """(table, statement) for what the store lacks. `ttls` holds each present table's engine clause."""
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
    """Whether a table's engine clause already says this retention."""
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

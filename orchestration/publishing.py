"""Publishes the marts from their DuckDB file to the store, for serving.

Belongs here: finding what has changed since the last publication, and writing just that. Does not belong here: the
columns (`adapters.clickhouse.marts`), building the marts (`orchestration.marts`).

The changes of a mart are one insert: new and changed rows, and each row that the mart no longer has, marked as
`is_retracted`. Publication is idempotent, and one that was killed is completed by the next. Callers must prevent
concurrent publications.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from msgspec import Struct

from adapters.clickhouse.client import query_rows
from adapters.clickhouse.inserts import insert
from adapters.clickhouse.marts import MARTS, model, served
from adapters.clickhouse.migrations import migrate
from adapters.clickhouse.tables import Table
from adapters.lake.views import CONFIG
from orchestration.marts import MartsError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

Key = tuple[Any, ...]
Rows = Mapping[Key, Mapping[str, Any]]
"""Rows of a mart by the values of its grain."""


class Published(Struct, frozen=True, kw_only=True):
    """The result of a publication for one table. `rows` is its present number of rows."""

    table: str
    rows: int
    written: int
    retracted: int


def publish_marts(client: "Client", target: Path) -> list[Published]:
    """Makes the store's marts equal to those in `target`; missing tables are created.

    Raises `MartsError` before writing anything if the file or one of its marts is missing, and clickhouse-connect's
    errors.
    """
    try:
        with duckdb.connect(target, read_only=True, config=CONFIG) as marts:
            _all_built(marts, target)
            migrate(client, tables=MARTS)
            return [
                made_equal(client, mart, made=_made(marts, mart), known=_known(client, mart))
                for mart in MARTS
            ]
    except duckdb.Error as error:
        raise MartsError(f"{target}: cannot be read: {error}") from error


def _all_built(marts: duckdb.DuckDBPyConnection, target: Path) -> None:
    built = {name for (name,) in marts.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    missing = [model(mart) for mart in MARTS if model(mart) not in built]
    if missing:
        raise MartsError(f"{target}: {', '.join(missing)}: not built")


def made_equal(client: "Client", table: Table, *, made: Rows, known: Rows) -> Published:
    """Writes the rows of `made` that differ from `known`, and retracts those of `known` that are not in `made`, in one
    insert with a version newer than all others of the table."""
    changed = [row for key, row in made.items() if known.get(key) != row]
    gone = [row for key, row in known.items() if key not in made]
    version = _latest(client, table) + 1
    insert(client, table, [*_versioned(changed, version, is_retracted=False), *_versioned(gone, version)])
    return Published(table=table.name, rows=len(made), written=len(changed), retracted=len(gone))


def _versioned(
    rows: list[Mapping[str, Any]], version: int, *, is_retracted: bool = True
) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        yield {**row, "is_retracted": is_retracted, "version": version}


def _made(marts: duckdb.DuckDBPyConnection, mart: Table) -> Rows:
    """The mart as dbt built it."""
    names = [column.name for column in served(mart)]
    rows = marts.execute(f"SELECT {', '.join(names)} FROM main.{model(mart)}").fetchall()
    return by_key(mart, (dict(zip(names, row, strict=True)) for row in rows))


def _known(client: "Client", mart: Table) -> Rows:
    """The mart as it is in the store."""
    names = ", ".join(f"`{column.name}`" for column in served(mart))
    return by_key(mart, query_rows(client, f"SELECT {names} FROM `{mart.name}` FINAL WHERE NOT is_retracted"))


def by_key(mart: Table, rows: Iterable[Mapping[str, Any]]) -> Rows:
    """Rows by the values of the table's grain."""
    return {tuple(row[name] for name in mart.order_by): row for row in rows}


def _latest(client: "Client", mart: Table) -> int:
    """The version of the last publication that changed the table; 0 if there was none."""
    return int(query_rows(client, f"SELECT max(version) AS latest FROM `{mart.name}`")[0]["latest"])

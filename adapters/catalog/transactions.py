"""Transactions and single reads on the catalog, with errors that reveal no values.

Belongs here: connections and error conversion. Does not belong here: queries and changes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Engine, Select, select
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.exc import SQLAlchemyError

from adapters.catalog.changes import CatalogAwayError


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing, that also covers DDL and the reads before the first change: by default, the
    SQLite driver begins it only with the first change of rows. Raises SQLAlchemy's errors."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing. Raises CatalogAwayError without any values, which may be secrets."""
    try:
        with begun(engine) as connection:
            yield connection
    except SQLAlchemyError as error:
        raise CatalogAwayError(type(error).__name__) from None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for one read. Raises CatalogAwayError."""
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise CatalogAwayError(type(error).__name__) from None


def rows(engine: Engine, query: Select[Any]) -> list[dict[str, Any]]:
    """The rows of a query, each by column name. Raises CatalogAwayError."""
    with reading(engine) as connection:
        return [named(row) for row in connection.execute(query).mappings()]


def named(row: RowMapping) -> dict[str, Any]:
    """A row as a dict by column name."""
    return {str(name): value for name, value in row.items()}


def hold(connection: Connection, key: Column[Any], value: str) -> None:
    """Lock the row with that key until the transaction ends, so that reading it and writing after it are atomic. In
    SQLite, a writing transaction excludes all others anyway."""
    connection.execute(select(key).where(key == value).with_for_update())

"""A connection to the catalog for one look or one transaction, with errors that say nothing of what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Engine, Select, select
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.exc import SQLAlchemyError

from adapters.catalog.changes import CatalogAwayError


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing, of definitions and of looks before the first change too: in SQLite the driver
    would begin it with the first change of rows alone. Raises SQLAlchemy's errors."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing. Raises CatalogAwayError: values, which may be secrets, are no part of it."""
    try:
        with begun(engine) as connection:
            yield connection
    except SQLAlchemyError as error:
        raise CatalogAwayError(type(error).__name__) from None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One look. Raises CatalogAwayError."""
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise CatalogAwayError(type(error).__name__) from None


def rows(engine: Engine, query: Select[Any]) -> list[dict[str, Any]]:
    """What one look finds, each row by the names of its columns. Raises CatalogAwayError."""
    with reading(engine) as connection:
        return [named(row) for row in connection.execute(query).mappings()]


def named(row: RowMapping) -> dict[str, Any]:
    """A row by the names of its columns."""
    return {str(name): value for name, value in row.items()}


def hold(connection: Connection, key: Column[Any], value: str) -> None:
    """Let nobody else hold or change the row with that key before the transaction ends: what is read then and written
    after it is one act. In SQLite a transaction that writes bars all others anyway."""
    connection.execute(select(key).where(key == value).with_for_update())

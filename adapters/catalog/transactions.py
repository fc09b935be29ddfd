"""A connection to the catalog for one look or one transaction, with errors that say nothing of what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from adapters.catalog.changes import CatalogAwayError


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing. Raises CatalogAwayError: values, which may be secrets, are no part of it."""
    try:
        with engine.begin() as connection:
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

"""Checks at start whether a catalog has any webhooks, without the cost of importing SQLAlchemy for a local file.

Belongs here: that one check. Does not belong here: the webhooks themselves (`webhooks`).
"""

import sqlite3
from contextlib import closing
from pathlib import Path

SQLITE = "sqlite:///"
WAIT_S = 1.0
_ANY = "SELECT 1 FROM webhooks LIMIT 1"


def has_webhooks(url: str) -> bool:
    """Whether the catalog has any webhooks. For a database elsewhere also True if it does not answer, so that the
    sender starts and waits for it."""
    if url.startswith(SQLITE):
        return _file_has(Path(url.removeprefix(SQLITE)))
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    from adapters.catalog.engine import ANSWERS_S, engine_at

    engine = engine_at(url, answers_s=ANSWERS_S)
    try:
        with engine.connect() as connection:
            return connection.execute(text(_ANY)).first() is not None
    except SQLAlchemyError:
        return True
    finally:
        engine.dispose()


def _file_has(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        with closing(
            sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT_S)
        ) as opened:
            return opened.execute(_ANY).fetchone() is not None
    except sqlite3.Error:
        return False

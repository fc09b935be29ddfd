"""Whether a catalog has webhooks at all: asked at the start of a machine, where SQLAlchemy's import would be felt."""

import sqlite3
from contextlib import closing
from pathlib import Path

SQLITE = "sqlite:///"
WAIT_S = 1.0
_ANY = "SELECT 1 FROM webhooks LIMIT 1"


def has_webhooks(url: str) -> bool:
    """Of a file on this machine: whether it has any. Of a database elsewhere: whether it has any, or does not answer:
    who sends then waits for it."""
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

"""A Unicode `lower()` for SQLite, whose own handles ASCII only: a search finds names in any script, as in Postgres."""

from typing import Any


def lower_all_letters(connection: Any) -> None:
    """Make `lower()` of this `sqlite3` connection handle all letters."""
    connection.create_function("lower", 1, _lowered, deterministic=True)


def _lowered(text: object) -> str | None:
    return None if text is None else str(text).lower()

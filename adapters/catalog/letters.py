"""`lower()` for SQLite, whose own knows ASCII alone: a search finds names in any script, as in Postgres."""

from typing import Any


def lower_all_letters(connection: Any) -> None:
    """Have this connection of `sqlite3` lower all letters."""
    connection.create_function("lower", 1, _lowered, deterministic=True)


def _lowered(text: object) -> str | None:
    return None if text is None else str(text).lower()

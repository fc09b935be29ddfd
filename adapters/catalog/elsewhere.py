"""Ids of matches and teams in other systems: how many of them a row keeps.

Whoever announces may add some, and none is ever taken away: without a bound rows would grow for ever. Two who tell the
same team at once may pass it, by what one of them brings.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

IDS = "external_ids"
EXTERNAL_IDS_MAX = 64
"""Systems of one match or team."""


def with_room(connection: Connection, table: Table, row: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    """The row without ids of systems for which what is kept of it has no room, and how many those are. Ids of systems
    that are known have their place."""
    said: Mapping[str, str] = row.get(IDS) or {}
    if not said:
        return row, 0
    chosen = [column == row[column.name] for column in table.primary_key.columns]
    known: Mapping[str, str] = connection.execute(select(table.c[IDS]).where(*chosen)).scalar() or {}
    new = [system for system in said if system not in known]
    beyond = new[max(0, EXTERNAL_IDS_MAX - len(known)) :]
    return {**row, IDS: {system: said[system] for system in said if system not in beyond}}, len(beyond)

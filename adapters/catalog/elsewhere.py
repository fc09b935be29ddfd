"""Limits the number of external ids (ids in other systems) of a match or team.

Belongs here: that limit. Does not belong here: merging the ids into the row (`store`).

Any announcer may add ids, and none is ever removed, so without a limit rows would grow without bound. Two concurrent
changes of the same team may exceed it by the ids that one of them adds.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

IDS = "external_ids"
EXTERNAL_IDS_MAX = 64
"""The most external systems per match or team."""


def with_room(connection: Connection, table: Table, row: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    """The row without the external ids that exceed the limit, and how many those are. Ids of systems that the row
    already has always have room."""
    said: Mapping[str, str] = row.get(IDS) or {}
    if not said:
        return row, 0
    chosen = [column == row[column.name] for column in table.primary_key.columns]
    known: Mapping[str, str] = connection.execute(select(table.c[IDS]).where(*chosen)).scalar() or {}
    new = [system for system in said if system not in known]
    beyond = new[max(0, EXTERNAL_IDS_MAX - len(known)) :]
    return {**row, IDS: {system: said[system] for system in said if system not in beyond}}, len(beyond)

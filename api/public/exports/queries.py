"""Reads whole tables of a match from the store, page by page, and yields them as the parts of a file.

Belongs here: paging, as plain functions. Does not belong here: SQL (`api.public.sql`), file formats (`resources`).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping

from api.public import sql
from api.public.exports.resources import FORMATS, Format
from api.public.exports.tables import TABLES
from api.public.history import History, Row

PAGE = 2_000
"""Rows held in memory at a time."""
Place = Mapping[str, str | int]
BEGINNING: Mapping[str, Place] = {
    "events": {"seq": 0},
    "predictions": {"seq": 0},
    "rounds": {},
    "players": {"map_id": "", "player_id": "", "scope": "", "definition": ""},
    "swings": {"seq": 0, "swing_no": 0, "player_id": ""},
}
"""The ordering columns of each table, with values that sort before all of its rows. Empty: the table is one page."""


async def exported(history: History, match_id: str, *, table: str, as_: str) -> AsyncIterator[bytes]:
    """Yield the parts of the file. The first part is made at once, each further one when it is requested. Raises
    AwayError, also while parts are requested: the file is then incomplete."""
    parts = _parts(history, match_id, table=table, format_=FORMATS[as_])
    first = await anext(parts, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for part in parts:
            yield part

    return whole()


async def _parts(history: History, match_id: str, *, table: str, format_: Format) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(format_.begun, TABLES[table])
    async for rows in _pages(history, match_id, table):
        part = await asyncio.to_thread(file.write, rows)
        if part:
            yield part
    part = await asyncio.to_thread(file.close)
    if part:
        yield part


async def _pages(history: History, match_id: str, table: str) -> AsyncIterator[list[Row]]:
    place: Place = BEGINNING[table]
    while True:
        after = {f"after_{name}": value for name, value in place.items()}
        rows = await history.rows(sql.EXPORTS[table], match_id=match_id, limit=PAGE, **after)
        if rows:
            yield [{"match_id": match_id, **row} for row in rows]
        if not place or len(rows) < PAGE:
            return
        place = {name: rows[-1][name] for name in place}

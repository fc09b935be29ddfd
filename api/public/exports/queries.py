"""Whole tables of a match from the store. Plain functions."""

import asyncio

from api.public import sql
from api.public.exports.resources import FORMATS, Format
from api.public.exports.tables import TABLES
from api.public.history import History


async def exported(history: History, match_id: str, *, table: str, as_: str) -> tuple[bytes, Format]:
    """The file and its format. Raises AwayError."""
    told = await history.rows(sql.EXPORTS[table], match_id=match_id)
    rows, format_ = [{"match_id": match_id, **row} for row in told], FORMATS[as_]
    return await asyncio.to_thread(format_.write, rows, TABLES[table]), format_

"""Whole tables of a match from the store. Plain functions."""

import asyncio

from api.public import sql
from api.public.exports.resources import FORMATS, Format
from api.public.history import History


async def exported(history: History, match_id: str, *, table: str, as_: str) -> tuple[bytes, Format]:
    """The file and its format. Raises HistoryAwayError."""
    rows = await history.rows(sql.EXPORTS[table], match_id=match_id)
    format_ = FORMATS[as_]
    return await asyncio.to_thread(format_.write, rows), format_

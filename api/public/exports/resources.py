"""Tables as files: CSV, Parquet, Arrow, JSON lines.

Belongs here: the formats. Does not belong here: which rows (`queries`). PyArrow is loaded with the first file.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from api.public.moments import iso

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How rows become bytes."""

    media_type: str
    write: Callable[[Sequence[Row]], bytes]


def _table(rows: Sequence[Row]) -> "pa.Table":
    import pyarrow as pa

    return pa.Table.from_pylist([dict(row) for row in rows])


def _csv(rows: Sequence[Row]) -> bytes:
    from pyarrow import csv

    if not rows:
        return b""
    held = io.BytesIO()
    csv.write_csv(_table([_flat(row) for row in rows]), held)
    return held.getvalue()


def _parquet(rows: Sequence[Row]) -> bytes:
    from pyarrow import parquet

    held = io.BytesIO()
    parquet.write_table(_table(rows), held, compression="zstd")
    return held.getvalue()


def _arrow(rows: Sequence[Row]) -> bytes:
    from pyarrow import ipc

    held, table = io.BytesIO(), _table(rows)
    with ipc.new_stream(held, table.schema) as stream:
        stream.write_table(table)
    return held.getvalue()


def _lines(rows: Sequence[Row]) -> bytes:
    encode = msgspec.json.Encoder().encode
    return b"".join(encode(_plain(row)) + b"\n" for row in rows)


def _plain(row: Row) -> dict[str, Any]:
    """Moments as the API writes them."""
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _flat(row: Row) -> dict[str, Any]:
    """Lists as their items with blanks between: a cell of CSV holds one value."""
    return {
        name: " ".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in _plain(row).items()
    }


FORMATS: Mapping[str, Format] = {
    "csv": Format(media_type="text/csv; charset=utf-8", write=_csv),
    "parquet": Format(media_type="application/vnd.apache.parquet", write=_parquet),
    "arrow": Format(media_type="application/vnd.apache.arrow.stream", write=_arrow),
    "ndjson": Format(media_type="application/x-ndjson", write=_lines),
}

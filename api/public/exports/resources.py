"""Tables as files: CSV, Parquet, Arrow, JSON lines.

Belongs here: the formats. Does not belong here: which columns (`tables`) and rows (`queries`). PyArrow is loaded with
the first file.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from api.public.exports.tables import Columns
from api.public.moments import iso

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_NO_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')
"""What a file system may refuse or take apart in the name of a file."""


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How rows become bytes: every column in its order and type, also without a row."""

    media_type: str
    write: Callable[[Sequence[Row], Columns], bytes]


def attachment(name: str) -> str:
    """The header `content-disposition` of a file of this name, whatever is in it (RFC 6266)."""
    plain = _UNSAFE.sub("_", name)
    told = f'attachment; filename="{plain}"'
    return told if plain == name else f"{told}; filename*=UTF-8''{quote(_NO_NAME.sub('_', name), safe='')}"


def _table(rows: Sequence[Row], columns: Columns) -> "pa.Table":
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, types[type_]) for name, type_ in columns.items()])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def _csv(rows: Sequence[Row], columns: Columns) -> bytes:
    """A cell holds one value: lists are their items with blanks between, moments text."""
    from pyarrow import csv

    held = io.BytesIO()
    flat: Columns = {
        name: "text" if type_ in {"moment", "texts"} else type_ for name, type_ in columns.items()
    }
    csv.write_csv(_table([_flat(row) for row in rows], flat), held)
    return held.getvalue()


def _parquet(rows: Sequence[Row], columns: Columns) -> bytes:
    from pyarrow import parquet

    held = io.BytesIO()
    parquet.write_table(_table(rows, columns), held, compression="zstd")
    return held.getvalue()


def _arrow(rows: Sequence[Row], columns: Columns) -> bytes:
    from pyarrow import ipc

    held, table = io.BytesIO(), _table(rows, columns)
    with ipc.new_stream(held, table.schema) as stream:
        stream.write_table(table)
    return held.getvalue()


def _lines(rows: Sequence[Row], columns: Columns) -> bytes:
    encode = msgspec.json.Encoder().encode
    return b"".join(encode({name: _plain(row[name]) for name in columns}) + b"\n" for row in rows)


def _plain(value: object) -> object:
    """Moments as the API writes them."""
    return iso(value) if isinstance(value, datetime) else value


def _flat(row: Row) -> dict[str, object]:
    return {
        name: " ".join(map(str, value)) if isinstance(value, list | tuple) else _plain(value)
        for name, value in row.items()
    }


FORMATS: Mapping[str, Format] = {
    "csv": Format(media_type="text/csv; charset=utf-8", write=_csv),
    "parquet": Format(media_type="application/vnd.apache.parquet", write=_parquet),
    "arrow": Format(media_type="application/vnd.apache.arrow.stream", write=_arrow),
    "ndjson": Format(media_type="application/x-ndjson", write=_lines),
}

"""File formats of exported tables: CSV, Parquet, Arrow, JSON lines.

Belongs here: the formats. Does not belong here: columns (`tables`) and rows (`queries`). PyArrow is imported with the
first file that needs it.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import msgspec

from api.public.exports.tables import Columns
from api.public.moments import iso

if TYPE_CHECKING:
    import pyarrow as pa
    from _typeshed import ReadableBuffer

Row = Mapping[str, Any]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_NO_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')
"""Characters that a file system may reject or interpret in a file name."""


class File(Protocol):
    """A file written page by page: each call returns the bytes that are ready to send."""

    def write(self, rows: Sequence[Row]) -> bytes: ...

    def close(self) -> bytes: ...


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How rows become bytes. Every column is present, in its order and type, even without rows."""

    media_type: str
    begun: Callable[[Columns], File]


def attachment(name: str) -> str:
    """Return the header `content-disposition` for a file of this name, which may hold any character (RFC 6266)."""
    plain = _UNSAFE.sub("_", name)
    told = f'attachment; filename="{plain}"'
    return told if plain == name else f"{told}; filename*=UTF-8''{quote(_NO_NAME.sub('_', name), safe='')}"


class Sink(io.RawIOBase):
    """Buffer of the bytes written since the last `take`. Its position is the one in the whole file."""

    def __init__(self) -> None:
        self._held, self._position = bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer") -> int:
        told = memoryview(data).nbytes
        self._held += data
        self._position += told
        return told

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        taken, self._held = bytes(self._held), bytearray()
        return taken


class Tables:
    """A file that PyArrow writes; `opened` creates the writer."""

    def __init__(self, columns: Columns, opened: "Callable[[Sink, pa.Schema], Any]") -> None:
        self._schema, self._sink = _schema(columns), Sink()
        self._writer = opened(self._sink, self._schema)

    def write(self, rows: Sequence[Row]) -> bytes:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=self._schema))
        return self._sink.take()

    def close(self) -> bytes:
        self._writer.close()
        return self._sink.take()


class Csv(Tables):
    """CSV with one value per cell: lists become their items separated by spaces, timestamps become text."""

    def __init__(self, columns: Columns) -> None:
        from pyarrow import csv

        flat: Columns = {
            name: "text" if type_ in {"moment", "texts"} else type_ for name, type_ in columns.items()
        }
        super().__init__(flat, csv.CSVWriter)

    def write(self, rows: Sequence[Row]) -> bytes:
        return super().write([_flat(row) for row in rows])


class Lines:
    """JSON, one row per line."""

    def __init__(self, columns: Columns) -> None:
        self._columns, self._encode = columns, msgspec.json.Encoder().encode

    def write(self, rows: Sequence[Row]) -> bytes:
        encode, columns = self._encode, self._columns
        return b"".join(encode({name: _plain(row[name]) for name in columns}) + b"\n" for row in rows)

    def close(self) -> bytes:
        return b""


def _schema(columns: Columns) -> "pa.Schema":
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema([(name, types[type_]) for name, type_ in columns.items()])


def _parquet(columns: Columns) -> File:
    """Each page is a row group; their index is at the end of the file."""
    from pyarrow import parquet

    return Tables(columns, lambda sink, schema: parquet.ParquetWriter(sink, schema, compression="zstd"))


def _arrow(columns: Columns) -> File:
    from pyarrow import ipc

    return Tables(columns, ipc.new_stream)


def _plain(value: object) -> object:
    """Format timestamps as the API does."""
    return iso(value) if isinstance(value, datetime) else value


def _flat(row: Row) -> dict[str, object]:
    return {
        name: " ".join(map(str, value)) if isinstance(value, list | tuple) else _plain(value)
        for name, value in row.items()
    }


FORMATS: Mapping[str, Format] = {
    "csv": Format(media_type="text/csv; charset=utf-8", begun=Csv),
    "parquet": Format(media_type="application/vnd.apache.parquet", begun=_parquet),
    "arrow": Format(media_type="application/vnd.apache.arrow.stream", begun=_arrow),
    "ndjson": Format(media_type="application/x-ndjson", begun=Lines),
}

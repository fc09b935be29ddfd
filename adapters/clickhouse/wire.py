"""The supported subset of ClickHouse's HTTP interface as pure functions: request bytes to a statement, engine message
to an error.

Belongs here: parsing. Does not belong here: sockets (`front`), the engine (`engine`).

Supported: the statement in the body, in `query`, or in a multipart form; bound `param_*` values; settings as query
parameters; inline insert data after `FORMAT x`; bodies in gzip, deflate, zstd and lz4.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Protocol
from urllib.parse import parse_qsl

import lz4.frame
import msgspec
from backports import zstd

MAX_BODY_BYTES = 256 * 1024 * 1024
"""The size limit of a request body, before and after decompression: the front holds one batch in memory."""

TRANSPORT_NAMES = frozenset(
    {
        "buffer_size", "cancel_http_readonly_queries_on_client_close", "client_protocol_version", "compress",
        "database", "decompress", "default_format", "enable_http_compression", "http_headers_progress_interval_ms",
        "password", "query", "query_id", "quota_key", "role", "send_progress_in_http_headers", "session_check",
        "session_id", "session_timeout", "user", "wait_end_of_query",
    }
)  # fmt: skip
"""Query parameters that concern the HTTP layer of a server; the embedded engine ignores them."""

_INSERT = re.compile(
    rb"\s*INSERT\s+INTO\s[^;]*?\sFORMAT\s+(?P<format>\w+)[ \t]*(?:\r?\n|\s|\Z)", re.IGNORECASE | re.DOTALL
)
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*(?:SETTINGS\s[^;]*)?;?\s*\Z", re.IGNORECASE)
_SESSION = re.compile(r"\s*(?:SET|USE)\s", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)\. ")
_NOT_FOUND_CODES = frozenset({60, 81})
_CLIENT_CODES = frozenset({36, 43, 47, 62, 115, 456, 457})


class BadRequest(Exception):
    """The HTTP request cannot be understood; `status` is the response's status."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement to run. `data` is None unless the statement is an insert whose rows are sent as bytes."""

    sql: str
    data: bytes | None = None
    data_format: str = ""
    database: str = ""
    query_id: str = ""
    default_format: str = "TabSeparated"
    parameters: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}

    @property
    def result_format(self) -> str:
        """The format of the result's bytes."""
        match = _FORMAT.search(self.sql)
        return match.group(1) if match else self.default_format

    @property
    def is_session_change(self) -> bool:
        """Whether the statement changes the connection (`SET`, `USE`): without a session that must not outlive the
        request."""
        return _SESSION.match(self.sql) is not None


class EngineError(Exception):
    """The engine refused a statement. The message keeps ClickHouse's wording (`Code: 60. DB::Exception: ...`)."""

    @property
    def code(self) -> int:
        """ClickHouse's error code; 1002 (UNKNOWN_EXCEPTION) if the message has none."""
        match = _CODE.search(str(self))
        return int(match.group(1)) if match else 1002

    @property
    def body(self) -> str:
        """The message from `Code:` on, as in a server's response."""
        text = str(self)
        return text[max(text.find("Code: "), 0) :].strip()

    @property
    def status(self) -> int:
        """The HTTP status that a server returns for this code."""
        if self.code in _NOT_FOUND_CODES:
            return 404
        return 400 if self.code in _CLIENT_CODES else 500


def parse(query_string: bytes, headers: Mapping[str, str], body: bytes) -> Statement:
    """The statement of one request. Raises BadRequest on an unknown or broken encoding or form, or an empty query."""
    fields = dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))
    content = decompress(body, headers.get("content-encoding", ""))
    if headers.get("content-type", "").startswith("multipart/form-data"):
        fields |= form_fields(content, headers["content-type"])
        content = b""
    sql, data_format, data = _split(fields.get("query", ""), content)
    if not sql.strip():
        raise BadRequest("Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)")
    return Statement(
        sql=sql,
        data=data,
        data_format=data_format,
        database=fields.get("database", ""),
        query_id=fields.get("query_id", ""),
        default_format=fields.get("default_format", "TabSeparated"),
        parameters={name[6:]: value for name, value in fields.items() if name.startswith("param_")},
        settings={name: value for name, value in fields.items() if _is_setting(name)},
    )


def _is_setting(name: str) -> bool:
    return name not in TRANSPORT_NAMES and not name.startswith("param_")


def _split(query: str, content: bytes) -> tuple[str, str, bytes | None]:
    """Split into statement, data format and data: with a `query`, the body is the rows; otherwise the body starts with
    the statement."""
    if query:
        match = _INSERT.fullmatch(query.encode())
        if match:
            return (
                query[: match.start("format")].rstrip()[: -len("FORMAT")],
                match["format"].decode(),
                content,
            )
        return query + content.decode("utf-8", "replace"), "", None
    match = _INSERT.match(content)
    if match and match["format"].lower() != b"values":
        head = content[: match.start("format")].rstrip()[: -len(b"FORMAT")]
        return head.decode("utf-8", "replace"), match["format"].decode(), content[match.end() :]
    return content.decode("utf-8", "replace"), "", None


def form_fields(content: bytes, content_type: str) -> dict[str, str]:
    """The text fields of a multipart form, in which clickhouse-connect sends long bound values."""
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content
    )
    if not message.is_multipart():
        raise BadRequest("multipart form without parts")
    fields: dict[str, str] = {}
    for part in message.iter_parts():
        payload = part.get_payload(decode=True)
        name = part.get_param("name", header="content-disposition")
        if isinstance(payload, bytes) and isinstance(name, str):
            fields[name] = payload.decode("utf-8", "replace")
    return fields


def decompress(body: bytes, encoding: str) -> bytes:
    """The decompressed body. Raises BadRequest for an unknown encoding, broken data, or more than MAX_BODY_BYTES."""
    if encoding in ("", "identity"):
        return body
    decoder = _DECODERS.get(encoding)
    if decoder is None:
        raise BadRequest(f"unsupported content-encoding {encoding!r}", status=415)
    try:
        return decoder(body)
    except (gzip.BadGzipFile, zlib.error, zstd.ZstdError, EOFError, RuntimeError) as error:
        raise BadRequest(f"broken {encoding} body: {error}") from error


class _Decompressor(Protocol):
    """The common interface of zstd, lz4 and zlib decompressors: one frame, bounded output, remaining input kept."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _frames(new: Callable[[], _Decompressor], body: bytes) -> bytes:
    """Decompress all frames of a body: the client sends one frame per block."""
    parts: list[bytes] = []
    left = MAX_BODY_BYTES
    rest = body
    while rest:
        decoder = new()
        part = decoder.decompress(rest, left + 1)
        left -= len(part)
        if left < 0:
            raise BadRequest(f"body larger than {MAX_BODY_BYTES} bytes", status=413)
        if not decoder.eof:
            raise EOFError("the data ends inside a frame")
        parts.append(part)
        rest = decoder.unused_data or b""
    return b"".join(parts)


def _gzip_object() -> _Decompressor:
    return zlib.decompressobj(wbits=31)


def _deflate_object() -> _Decompressor:
    return zlib.decompressobj()


_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: _frames(_gzip_object, body),
    "deflate": lambda body: _frames(_deflate_object, body),
    "zstd": lambda body: _frames(zstd.ZstdDecompressor, body),
    "lz4": lambda body: _frames(lz4.frame.LZ4FrameDecompressor, body),
}

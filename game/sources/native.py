"""The native format: splits a body into the bytes of its items, and decodes one item into an event.

Belongs here: splitting and translating. Does not belong here: encoding itself (`game.codec`), HTTP and its limits
(`api.intake`), what an event means (`game.advance`).

A body holds one envelope, an array of envelopes, or (JSON only) one envelope per line. Every item keeps its bytes as
received, because the raw log stores those.
"""

from collections.abc import Mapping

import msgspec

from game.codec import UNREADABLE, DecodeError, Encoding, decode, unreadable
from game.events import AnyEvent

FORMATS: dict[str, Encoding] = {"native+json": "json", "native+msgpack": "msgpack"}
"""Values of the header `format` of a raw record, with the encoding that each stands for."""

MAX_ITEMS = 20_000
MAX_COMMAS = 1_000_000
"""An array with more commas is refused before it is decoded, which bounds the memory that decoding takes."""

_ONE_JSON: msgspec.json.Decoder[msgspec.Raw] = msgspec.json.Decoder(msgspec.Raw)
_MANY_JSON: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_ONE_MSGPACK: msgspec.msgpack.Decoder[msgspec.Raw] = msgspec.msgpack.Decoder(msgspec.Raw)
_MANY_MSGPACK: msgspec.msgpack.Decoder[list[msgspec.Raw]] = msgspec.msgpack.Decoder(list[msgspec.Raw])


def translate(raw: bytes, headers: Mapping[str, bytes]) -> AnyEvent | DecodeError:
    """The event in one raw record, decoded by its header `format`; JSON without that header."""
    named = headers.get("format", b"native+json").decode("utf-8", errors="replace")
    encoding = FORMATS.get(named)
    if encoding is None:
        return DecodeError(field="format", reason=f"unknown format {named!r}")
    return decode(raw, encoding)


def split(body: bytes, encoding: Encoding = "json") -> list[bytes] | DecodeError:
    """The bytes of each item of a body, in order and untouched; an error if the body as a whole cannot be read.

    Items are not checked: in a body of several lines each line is an item, valid or not.
    """
    try:
        items = _split_json(body) if encoding == "json" else _split_msgpack(body)
    except UNREADABLE as error:
        return unreadable(body, encoding, error)
    if not isinstance(items, DecodeError) and len(items) > MAX_ITEMS:
        return _too_many()
    return items


def _split_json(body: bytes) -> list[bytes] | DecodeError:
    start = body.lstrip(b" \t\r\n")[:1]
    if not start:
        return DecodeError(field="$", reason="empty body")
    if start == b"[":
        return _array(body)
    try:
        return [bytes(_ONE_JSON.decode(body))]
    except UNREADABLE:
        lines = _lines(body)
        if len(lines) < 2:
            raise
        return lines


def _array(body: bytes) -> list[bytes] | DecodeError:
    if body.count(b",") > MAX_COMMAS:
        return _too_many()
    return [bytes(item) for item in _MANY_JSON.decode(body)]


def _lines(body: bytes) -> list[bytes]:
    """Non-empty lines, at most one more than the limit, which is enough to refuse the body."""
    lines: list[bytes] = []
    start = 0
    while start <= len(body) and len(lines) <= MAX_ITEMS:
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        line = body[start:end].strip()
        if line:
            lines.append(line)
        start = end + 1
    return lines


def _split_msgpack(body: bytes) -> list[bytes] | DecodeError:
    if not body:
        return DecodeError(field="$", reason="empty body")
    announced = _announced(body)
    if announced is None:
        return [bytes(_ONE_MSGPACK.decode(body))]
    if announced > MAX_ITEMS:
        return _too_many()
    return [bytes(item) for item in _MANY_MSGPACK.decode(body)]


def _announced(body: bytes) -> int | None:
    """The length in the header of a MessagePack array; None if the body is not an array."""
    first = body[0]
    if 0x90 <= first <= 0x9F:
        return first & 0x0F
    width = {0xDC: 2, 0xDD: 4}.get(first)
    return None if width is None else int.from_bytes(body[1 : 1 + width], "big")


def _too_many() -> DecodeError:
    return DecodeError(field="$", reason=f"more than {MAX_ITEMS} items in one body")

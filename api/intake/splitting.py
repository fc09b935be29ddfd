"""One body into the bytes of its items, each exactly as it was received.

Belongs here: JSON, NDJSON and MessagePack framing. Does not belong here: what an item says (`api.intake.checking`).
"""

import re
from typing import Literal

import msgspec

from api.intake.bounds import Limits
from api.problems import ProblemError, problem
from game.codec import Encoding

Framing = Literal["json", "ndjson", "msgpack"]

MEDIA_TYPES: dict[str, Framing] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/msgpack": "msgpack",
    "application/x-msgpack": "msgpack",
    "application/vnd.msgpack": "msgpack",
}
_UTF_8 = {"utf-8", "utf8", "us-ascii", ""}
_RAW_JSON = msgspec.json.Decoder(list[msgspec.Raw])
_RAW_MSGPACK = msgspec.msgpack.Decoder(list[msgspec.Raw])
_Decoder = msgspec.json.Decoder[list[msgspec.Raw]] | msgspec.msgpack.Decoder[list[msgspec.Raw]]
_ANY_JSON = msgspec.json.Decoder(msgspec.Raw)
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]*)", re.IGNORECASE)
_SPACE = b" \t\r\n"
_UNREADABLE = (msgspec.DecodeError, RecursionError, ValueError, OverflowError)


def framing_of(content_type: str) -> Framing:
    """What the header says. Raises a 415 problem for another type or charset."""
    name, _, parameters = content_type.partition(";")
    framing = MEDIA_TYPES.get(name.strip().lower())
    if framing is None:
        known = "application/json, application/x-ndjson, application/msgpack"
        raise _unsupported(f"{name.strip()[:64]!r} is none of {known}")
    charset = _CHARSET.search(parameters)
    if charset is not None and charset[1].lower() not in _UTF_8:
        raise _unsupported("the charset is utf-8")
    return framing


def encoding_of(framing: Framing) -> Encoding:
    return "msgpack" if framing == "msgpack" else "json"


def split(body: bytes, framing: Framing, limits: Limits) -> list[bytes]:
    """The items of `body`: one, those of an array, or lines. Raises problems: 400 unreadable, 413 too many."""
    _refuse_bulk(body, framing, limits)
    items = _items(body, framing)
    if not items:
        raise _unreadable("no event in it")
    if len(items) > limits.items_max:
        raise _too_many(limits.items_max)
    return items


def _items(body: bytes, framing: Framing) -> list[bytes]:
    if framing == "ndjson":
        return _lines(body)
    if framing == "msgpack":
        return _array(body, _RAW_MSGPACK) if _header_count(body) is not None else [body] * bool(body)
    start = body.lstrip(_SPACE)[:1]
    if start == b"[":
        return _array(body, _RAW_JSON)
    return _lines(body) if _is_ndjson(body) else [body.strip(_SPACE)] * bool(start)


def _lines(body: bytes) -> list[bytes]:
    return [line for each in body.split(b"\n") if (line := each.strip(_SPACE))]


def _is_ndjson(body: bytes) -> bool:
    """Whether the first of several lines is a value of its own: senders of lines often say application/json."""
    first, _, rest = body.strip(_SPACE).partition(b"\n")
    if not rest:
        return False
    try:
        _ANY_JSON.decode(first)
    except _UNREADABLE:
        return False
    return True


def _array(body: bytes, decoder: _Decoder) -> list[bytes]:
    try:
        return [bytes(item) for item in decoder.decode(body)]
    except _UNREADABLE as error:
        raise _unreadable(str(error)) from error


def _refuse_bulk(body: bytes, framing: Framing, limits: Limits) -> None:
    """Refuse before anything is allocated for what could only be too many items."""
    count = _header_count(body) if framing == "msgpack" else 0
    lines = body.count(b"\n") if framing == "ndjson" else 0
    if max(count or 0, lines) > limits.items_max:
        raise _too_many(limits.items_max)
    if framing == "json" and body.count(b",") > limits.separators_max:
        raise _too_many(limits.items_max)


def _header_count(body: bytes) -> int | None:
    """The length that a MessagePack array announces; None when `body` is no array."""
    first = body[0] if body else 0
    if 0x90 <= first <= 0x9F:
        return first & 0x0F
    width = {0xDC: 2, 0xDD: 4}.get(first)
    return None if width is None else int.from_bytes(body[1 : 1 + width], "big")


def _unsupported(reason: str) -> ProblemError:
    return ProblemError(problem(415, "media-type", field="content-type", reason=reason))


def _unreadable(reason: str) -> ProblemError:
    return ProblemError(problem(400, "unreadable", field="$", reason=reason))


def _too_many(items_max: int) -> ProblemError:
    reason = f"more than {items_max} events in one request"
    return ProblemError(problem(413, "too-many", field="$", reason=reason))

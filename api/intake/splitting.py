"""The media type and the items of a request body, split by `game.sources.native`, with errors as HTTP problems.

Belongs here: media types, refusals. Does not belong here: framing itself (`game.sources.native`), the content of an
item (`api.intake.checking`).
"""

import re

from api.problems import ProblemError, problem
from game.codec import DecodeError, Encoding
from game.sources import native

MEDIA_TYPES: dict[str, Encoding] = {
    "application/json": "json",
    "application/x-ndjson": "json",
    "application/ndjson": "json",
    "application/jsonl": "json",
    "application/msgpack": "msgpack",
    "application/x-msgpack": "msgpack",
    "application/vnd.msgpack": "msgpack",
}
LINES_MAX = native.MAX_COMMAS
"""Empty lines count, because scanning them takes time."""
_UTF_8 = {"utf-8", "utf8", "us-ascii", ""}
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]*)", re.IGNORECASE)


def encoding_of(content_type: str) -> Encoding:
    """Return the encoding that the header names. Raises a 415 problem for another type or charset."""
    name, _, parameters = content_type.partition(";")
    encoding = MEDIA_TYPES.get(name.strip().lower())
    if encoding is None:
        known = "application/json, application/x-ndjson, application/msgpack"
        raise _unsupported(f"{name.strip()[:64]!r} is none of {known}")
    charset = _CHARSET.search(parameters)
    if charset is not None and charset[1].lower() not in _UTF_8:
        raise _unsupported("the charset is utf-8")
    return encoding


def split(body: bytes, encoding: Encoding) -> list[bytes]:
    """Return the items of `body` as received: a single one, those of an array, or lines. Raises a 400 problem."""
    if encoding == "json" and body.count(b"\n") > LINES_MAX:
        raise _unreadable("$", f"more than {LINES_MAX} lines in one body")
    items = native.split(body, encoding)
    if isinstance(items, DecodeError):
        raise _unreadable(items.field, items.reason)
    if not items:
        raise _unreadable("$", "no event in it")
    return items


def _unsupported(reason: str) -> ProblemError:
    return ProblemError(problem(415, "media-type", field="content-type", reason=reason))


def _unreadable(field: str, reason: str) -> ProblemError:
    return ProblemError(problem(400, "unreadable", field=field, reason=reason))

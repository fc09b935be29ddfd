"""Decoding bytes to events and encoding them again, as JSON and MessagePack; both encode the same structs.

Belongs here: decoding with errors that name field and reason, encoding, the digest over canonical bytes. Does not
belong here: the meaning of a source's own format (`game.sources`), the meaning of an event (`game.advance`).
"""

import hashlib
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from game.events import AnyEvent, SeriesAnnounced, Unknown

Encoding = Literal["json", "msgpack"]

EARLIEST_YEAR, LATEST_YEAR = 2012, 2099

UNREADABLE = (ValueError, OverflowError, RecursionError, AttributeError, LookupError, TypeError)
"""Exceptions that decoding and folding raise on bytes written elsewhere. ValueError covers msgspec's errors and invalid
UTF-8. The last three come from plain JSON values of the wrong type, which only the fold of a delta meets."""

_JSON: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_MSGPACK: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent)
_TRUNCATED = "Input data was truncated"
"""msgspec's message for bytes that end too early; also for `foo`, which begins like `false`."""
_PLACED = re.compile(r"(.*) - at `(key` in `)?(\$[^`]*)`", re.DOTALL)
"""A msgspec error message with its path. The last path counts, because the text quoted before it may look like one."""
_TO_JSON = msgspec.json.Encoder()
_TO_MSGPACK = msgspec.msgpack.Encoder()


class DecodeError(msgspec.Struct, frozen=True, kw_only=True):
    """Why some bytes are not an event. `field` is a path such as `$.payload.weapon`; "$" is the whole message."""

    field: str
    reason: str


def decode(raw: bytes, encoding: Encoding = "json") -> AnyEvent | DecodeError:
    """Return the event in `raw`, or the error that says why there is none. An event of an unknown type becomes
    `Unknown` and is kept as it came."""
    try:
        found = _found(raw, encoding)
        return found if isinstance(found, DecodeError) else _checked(found)
    except UNREADABLE as error:
        return unreadable(raw, encoding, error)


def unreadable(raw: bytes, encoding: Encoding, error: Exception) -> DecodeError:
    """The error for bytes on which a decoder raised one of `UNREADABLE`."""
    reason = str(error) or type(error).__name__
    if isinstance(error, msgspec.DecodeError) and not isinstance(error, msgspec.ValidationError):
        what = reason.rpartition(" is malformed: ")[2]
        what = f"it ends within a value (byte {len(raw)})" if what == _TRUNCATED else what
        reason = f"no {'JSON' if encoding == 'json' else 'MessagePack'}: {what}"
    return DecodeError(field="$", reason=reason)


def encode(event: object, encoding: Encoding = "json") -> bytes:
    """Encode any of our wire structs."""
    return _TO_JSON.encode(event) if encoding == "json" else _TO_MSGPACK.encode(event)


def digest(parts: Iterable[bytes]) -> str:
    """SHA-256 in hexadecimal over the length-prefixed parts, so that different sequences of parts hash different
    input."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()


def refusal(error: Exception) -> DecodeError:
    """Field and reason of an error that msgspec raised. `[...]` in a path stands for any key of a map. An error without
    a path concerns the whole message."""
    placed = _PLACED.fullmatch(str(error))
    if placed is None:
        return DecodeError(field="$", reason=str(error))
    reason, is_key, path = placed.groups()
    if is_key:
        path, reason = f"{path}[...]", f"{reason} as a key"
    return DecodeError(field=path, reason=reason)


def _checked(event: AnyEvent) -> AnyEvent | DecodeError:
    """The event with its times in UTC, so that an event decoded again equals the original; an error if it cannot be
    encoded."""
    moment = _in_utc(event.ts_event)
    if moment is None:
        return _implausible("$.ts_event")
    if moment is not event.ts_event:
        event = replace(event, ts_event=moment)
    if isinstance(event, SeriesAnnounced) and event.payload.starts_at is not None:
        return _with_start(event, _in_utc(event.payload.starts_at))
    if isinstance(event, Unknown) and not _is_plain(event.payload):
        return DecodeError(
            field="$.payload", reason="not plain data: finite numbers of 64 bits, text as keys"
        )
    return event


def _with_start(event: SeriesAnnounced, starts_at: datetime | None) -> AnyEvent | DecodeError:
    if starts_at is None:
        return _implausible("$.payload.starts_at")
    return replace(event, payload=replace(event.payload, starts_at=starts_at))


def _in_utc(moment: datetime) -> datetime | None:
    """The moment in UTC, the same object if it is in UTC already; None if no match can be in its year."""
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return None
    if moment.tzinfo is UTC:
        return moment
    moment = moment.astimezone(UTC)
    return moment if EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def plausible(moment: datetime | None) -> datetime | None:
    """The moment itself; None if it has no time zone, or a year that no match can be in and retention cannot count
    from."""
    if moment is None or moment.tzinfo is None:
        return None
    return moment if EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def _implausible(field: str) -> DecodeError:
    return DecodeError(field=field, reason=f"not between the years {EARLIEST_YEAR} and {LATEST_YEAR}")


def _found(raw: bytes, encoding: Encoding) -> AnyEvent | DecodeError:
    """Decode `raw`. Raises the decoders' errors for bytes that they cannot read at all."""
    try:
        return (_JSON if encoding == "json" else _MSGPACK).decode(raw)
    except msgspec.ValidationError as error:
        return _unknown(raw, encoding, error)


def _unknown(raw: bytes, encoding: Encoding, error: msgspec.ValidationError) -> Unknown | DecodeError:
    """Tell an unknown event type from a known type with a wrong field."""
    refused = refusal(error)
    if refused.field != "$.type" or "Invalid value" not in refused.reason:
        return refused
    return _as_unknown(raw, encoding)


def _as_unknown(raw: bytes, encoding: Encoding) -> Unknown | DecodeError:
    body: Any = msgspec.json.decode(raw) if encoding == "json" else msgspec.msgpack.decode(raw)
    if not isinstance(body.get("payload", {}), dict):
        return DecodeError(field="$.payload", reason="Expected `object`")
    try:
        return msgspec.convert({**body, "original_type": body["type"], "type": "unknown"}, Unknown)
    except msgspec.ValidationError as error:
        return refusal(error)


def _is_plain(value: object) -> bool:
    """Whether both encodings can hold the value."""
    match value:
        case bool() | str() | None:
            return True
        case int():
            return -(2**63) <= value < 2**64
        case float():
            return math.isfinite(value)
        case dict():
            return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
        case list() | tuple():
            return all(map(_is_plain, value))
        case _:
            return False

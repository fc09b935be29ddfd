"""Bytes to events and back, for JSON and MessagePack: both encode the same structs.

Belongs here: decoding with an error that names field and reason, encoding, the canonical form that digests cover.
Does not belong here: what a source's own format means (`game.sources`), what an event means (`game.state`).
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
"""What decoding and folding raise on what was written elsewhere. ValueErrors are msgspec's, and that of a text that is
no UTF-8; the last three come of plain JSON values where others are due, which only the fold of a delta meets."""

_JSON: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_MSGPACK: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent)
_TRUNCATED = "Input data was truncated"
"""What msgspec says of bytes that end too early, also of `foo`, which begins as `false` does."""
_PLACED = re.compile(r"(.*) - at `(key` in `)?(\$[^`]*)`", re.DOTALL)
"""What msgspec says with the place of it: the last one, since what it quotes before may look like another."""
_TO_JSON = msgspec.json.Encoder()
_TO_MSGPACK = msgspec.msgpack.Encoder()


class DecodeError(msgspec.Struct, frozen=True, kw_only=True):
    """Why some bytes are no event. `field` is a path such as `$.payload.weapon`; "$" is the whole message."""

    field: str
    reason: str


def decode(raw: bytes, encoding: Encoding = "json") -> AnyEvent | DecodeError:
    """The event in `raw`, or why it is none. A type that we do not know becomes `Unknown`, kept as it came."""
    try:
        found = _found(raw, encoding)
        return found if isinstance(found, DecodeError) else _checked(found)
    except UNREADABLE as error:
        return unreadable(raw, encoding, error)


def unreadable(raw: bytes, encoding: Encoding, error: Exception) -> DecodeError:
    """What is wrong with bytes at which a decoder ended with one of `UNREADABLE`, and where."""
    reason = str(error) or type(error).__name__
    if isinstance(error, msgspec.DecodeError) and not isinstance(error, msgspec.ValidationError):
        what = reason.rpartition(" is malformed: ")[2]
        what = f"it ends within a value (byte {len(raw)})" if what == _TRUNCATED else what
        reason = f"no {'JSON' if encoding == 'json' else 'MessagePack'}: {what}"
    return DecodeError(field="$", reason=reason)


def encode(event: object, encoding: Encoding = "json") -> bytes:
    """Any wire struct of ours as bytes."""
    return _TO_JSON.encode(event) if encoding == "json" else _TO_MSGPACK.encode(event)


def digest(parts: Iterable[bytes]) -> str:
    """SHA-256 over length-prefixed parts, in hexadecimal: no two different sequences share their input."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()


def refusal(error: Exception) -> DecodeError:
    """Field and reason of what msgspec refused, where `[...]` stands for any key of a map; an error without a path is
    about the whole message."""
    placed = _PLACED.fullmatch(str(error))
    if placed is None:
        return DecodeError(field="$", reason=str(error))
    reason, is_key, path = placed.groups()
    if is_key:
        path, reason = f"{path}[...]", f"{reason} as a key"
    return DecodeError(field=path, reason=reason)


def _checked(event: AnyEvent) -> AnyEvent | DecodeError:
    """The event in UTC, so that one that waits encoded comes back as it was, if it can be encoded at all."""
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
    """The moment, itself where it is in UTC already; null where no match can be."""
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return None
    if moment.tzinfo is UTC:
        return moment
    moment = moment.astimezone(UTC)
    return moment if EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def plausible(moment: datetime | None) -> datetime | None:
    """The moment; null where it has no zone, or is of a year that no match can be in and no retention counts from."""
    if moment is None or moment.tzinfo is None:
        return None
    return moment if EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def _implausible(field: str) -> DecodeError:
    return DecodeError(field=field, reason=f"not between the years {EARLIEST_YEAR} and {LATEST_YEAR}")


def _found(raw: bytes, encoding: Encoding) -> AnyEvent | DecodeError:
    """Raises what the decoders raise for bytes that they cannot read at all, however far they came."""
    try:
        return (_JSON if encoding == "json" else _MSGPACK).decode(raw)
    except msgspec.ValidationError as error:
        return _unknown(raw, encoding, error)


def _unknown(raw: bytes, encoding: Encoding, error: msgspec.ValidationError) -> Unknown | DecodeError:
    """Tell a type that we do not know from a known one with a wrong field."""
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
    """Whether both encodings can hold it."""
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

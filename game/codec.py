"""Bytes to events and back, for JSON and MessagePack: both encode the same structs.

Belongs here: decoding with an error that names field and reason, encoding, the canonical form that digests cover.
Does not belong here: what a source's own format means (`game.sources`), what an event means (`game.state`).
"""

import hashlib
import math
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from game.events import AnyEvent, Unknown

Encoding = Literal["json", "msgpack"]

EARLIEST_YEAR, LATEST_YEAR = 2012, 2099

_JSON: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_MSGPACK: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent)
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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:
        return DecodeError(field="$", reason=str(error) or type(error).__name__)
    return found if isinstance(found, DecodeError) else _checked(found)


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


def refusal(error: msgspec.ValidationError) -> DecodeError:
    """Field and reason of what msgspec refused; an error without a path is about the whole message."""
    reason, _, path = str(error).partition(" - at `")
    return DecodeError(field=path.rstrip("`") or "$", reason=reason)


def _checked(event: AnyEvent) -> AnyEvent | DecodeError:
    if not EARLIEST_YEAR <= event.ts_event.year <= LATEST_YEAR:
        return DecodeError(
            field="$.ts_event", reason=f"not between the years {EARLIEST_YEAR} and {LATEST_YEAR}"
        )
    return event


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
    if not _is_finite(body):
        return DecodeError(field="$.payload", reason="not a finite number")
    try:
        return msgspec.convert({**body, "original_type": body["type"], "type": "unknown"}, Unknown)
    except msgspec.ValidationError as error:
        return refusal(error)


def _is_finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_is_finite(v) for v in value.values())
    return not isinstance(value, list | tuple) or all(_is_finite(v) for v in value)

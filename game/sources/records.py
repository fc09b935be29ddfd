"""Translates one raw record of the log into its event, within the size limits that all readers of the log share.

Belongs here: the handling of a record's bytes that stream, backfill and checks share. Does not belong here: the formats
(`game.sources.native`), topics and transport.
"""

from collections.abc import Mapping

from game.codec import DecodeError, encode
from game.events import AnyEvent
from game.sources import native

WATCHED_BYTES = 64 * 1024
"""An event of at most this size cannot grow into a message that a broker refuses; larger ones are measured."""
EVENT_BYTES_MAX = 512 * 1024
"""Maximum size of an event as JSON. A larger one could not be published again within a broker's limit of 1,000,000
bytes per message."""


def event_of(raw: bytes, headers: Mapping[str, bytes]) -> AnyEvent | DecodeError:
    """The event in a raw record, or an error if there is none or it is too large to be published."""
    result = native.translate(raw, headers)
    if isinstance(result, DecodeError) or len(raw) <= WATCHED_BYTES:
        return result
    size = len(encode(result))
    if size <= EVENT_BYTES_MAX:
        return result
    return DecodeError(field="$", reason=f"the event has {size} bytes as JSON, {EVENT_BYTES_MAX} are allowed")

"""One raw record of the log to its event, within the bounds that the log's readers share.

Belongs here: what stream, backfill and checks do alike with a record's bytes. Does not belong here: the formats
(`game.sources.native`), topics and transport.
"""

from collections.abc import Mapping

from game.codec import DecodeError, encode
from game.events import AnyEvent
from game.sources import native

WATCHED_BYTES = 64 * 1024
"""An event of fewer bytes grows to no message that a broker refuses; a larger one is measured."""
EVENT_BYTES_MAX = 512 * 1024
"""As JSON. A larger event cannot be told again within a broker's 1,000,000 bytes a message."""


def event_of(raw: bytes, headers: Mapping[str, bytes]) -> AnyEvent | DecodeError:
    """The event in a raw record, or why there is none that can be told."""
    result = native.translate(raw, headers)
    if isinstance(result, DecodeError) or len(raw) <= WATCHED_BYTES:
        return result
    size = len(encode(result))
    if size <= EVENT_BYTES_MAX:
        return result
    return DecodeError(field="$", reason=f"the event has {size} bytes as JSON, {EVENT_BYTES_MAX} are allowed")

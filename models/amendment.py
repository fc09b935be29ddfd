"""A telling of a match on its way through the log, as parts of an `amendment`.

Belongs here: packing, and what a fold gathers of it. Does not belong here: folding (`models.fold`), which telling is
better than the log's (`models.telling`), when a match is amended (`orchestration.amending`).

A telling is every event of the match that counts, in the order in which it counts. It goes as `amendment` events of
bounded size, and counts when the last of them is there and nothing but they came since the event that it was made
after: so no fold ever tells half a match, nor one that lacks what came meanwhile. Equal tellings have equal ids.
"""

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from game.codec import DecodeError, decode, digest, encode
from game.events import Amendment, AnyEvent
from game.payloads import AmendmentData

NAMESPACE = UUID("6d1b6b1e-6a52-5d0f-9f0e-2f7f3e0a41c5")
SOURCE = "batch"
PART_BYTES = 256 * 1024
"""Of a part, compressed: in JSON it is a third larger, well below what an event may have."""
CHUNK_EVENTS = 4_096
MOST_PART_BYTES = 64 * 1024 * 1024
"""A part that unpacks to more is none of ours."""
MOST_BYTES = 32 * 1024 * 1024
"""Of all parts, compressed: far beyond the longest series. What is more is not gathered."""
OUTDATED, UNREADABLE = "amendment_outdated", "amendment_unreadable"


class Draft(Struct, frozen=True, kw_only=True):
    """The parts of a telling that have come, in order."""

    telling: str = ""
    parts: tuple[bytes, ...] = ()


class AmendmentError(ValueError):
    """Parts that are no telling of this match."""


def amendment(
    events: Sequence[AnyEvent],
    *,
    after: AnyEvent,
    reason: str,
    facts_digest: str,
    changed: Sequence[str] = (),
    model_hash: str | None = None,
) -> list[Amendment]:
    """The parts that have a match told as `events`, in order.

    `after` is the log's last event of the match, `model_hash` the model that the match begins with, `facts_digest` what
    its facts come to. No clock: the parts have the time of the match's last event.
    """
    chunks = _chunks(events)
    latest = max((event.ts_event for event in events), default=after.ts_event)
    said = (after.event_id, facts_digest, model_hash or "")
    telling = str(
        uuid5(NAMESPACE, f"{after.match_id}/{digest([*chunks, *(text.encode() for text in said)])}")
    )
    data = AmendmentData(
        reason=reason,
        facts_digest=facts_digest,
        changed=tuple(changed),
        telling=telling,
        parts=len(chunks),
        after=after.event_id,
        model_hash=model_hash,
    )
    return [
        _part(after.match_id, latest, replace(data, part=number, events=chunk))
        for number, chunk in enumerate(chunks, start=1)
    ]


def _part(match_id: str, at: datetime, data: AmendmentData) -> Amendment:
    return Amendment(
        event_id=str(uuid5(NAMESPACE, f"{data.telling}/{data.part}")),
        match_id=match_id,
        ts_event=at,
        source=SOURCE,
        payload=data,
    )


def _chunks(events: Sequence[AnyEvent]) -> list[bytes]:
    """The events in parts, each compressed; halved until it is small enough."""
    packed = zlib.compress(msgspec.msgpack.encode([encode(event, "msgpack") for event in events]), 6)
    if len(events) > 1 and (len(packed) > PART_BYTES or len(events) > CHUNK_EVENTS):
        middle = len(events) // 2
        return [*_chunks(events[:middle]), *_chunks(events[middle:])]
    return [packed]


def drafted(draft: Draft, part: AmendmentData) -> Draft:
    """With one more part: the next of its telling, or the first of another one. Anything else changes nothing."""
    if part.part == 1 and part.telling is not None and part.telling != draft.telling:
        draft = Draft(telling=part.telling)
    is_next = part.telling == draft.telling and part.part == len(draft.parts) + 1
    if not is_next or sum(map(len, draft.parts)) + len(part.events) > MOST_BYTES:
        return draft
    return replace(draft, parts=(*draft.parts, part.events))


def told_in(draft: Draft, match_id: str) -> list[AnyEvent]:
    """The events of a whole draft. Raises `AmendmentError`."""
    return [event for part in draft.parts for event in _unpacked(part, match_id)]


def _unpacked(part: bytes, match_id: str) -> Iterator[AnyEvent]:
    try:
        stream = zlib.decompressobj()
        raw = stream.decompress(part, MOST_PART_BYTES)
        if not stream.eof:
            raise AmendmentError("a part is cut off, or unpacks to more than a part may hold")
        events = msgspec.msgpack.decode(raw, type=list[bytes])
    except (zlib.error, msgspec.DecodeError) as error:
        raise AmendmentError(f"a part cannot be read: {error}") from error
    for each in events:
        event = decode(each, "msgpack")
        if isinstance(event, DecodeError):
            raise AmendmentError(f"{event.field}: {event.reason}")
        if event.match_id != match_id or isinstance(event, Amendment):
            raise AmendmentError(f"{event.event_id}: is no event of {match_id} that can be told")
        yield event


def told(part: Amendment) -> Amendment:
    """The event as it is published: without the events in it, which follow under their own names."""
    return replace(part, payload=replace(part.payload, events=b""))

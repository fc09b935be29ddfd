"""Packs a corrected event sequence of a match (a telling) into `amendment` events, and unpacks it.

Belongs here: packing a telling into parts, and collecting the parts in a fold. Does not belong here: folding
(`models.fold`), deciding which telling is better than the log's (`models.telling`) or when to amend a match
(`orchestration.amending`).

A telling is the sequence of all events of a match that count, in order. It is sent as `amendment` events of bounded
size. It takes effect once the last part has arrived, provided that nothing but its parts has arrived since the event
named in `after`: so a fold never applies half a telling, nor one that misses newer events. Equal tellings have equal
ids.
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
"""Limit for one compressed part. In JSON a part is a third larger, still well below the limit for an event."""
CHUNK_EVENTS = 4_096
MOST_PART_BYTES = 64 * 1024 * 1024
"""Limit for one unpacked part. A larger part was not produced by this module."""
MOST_BYTES = 32 * 1024 * 1024
"""Limit for all compressed parts together, far beyond the longest series. Parts beyond it are not collected."""
OUTDATED, UNREADABLE = "amendment_outdated", "amendment_unreadable"


class Draft(Struct, frozen=True, kw_only=True):
    """The parts of a telling received so far, in order."""

    telling: str = ""
    parts: tuple[bytes, ...] = ()


class AmendmentError(ValueError):
    """The parts do not form a telling of this match."""


def amendment(
    events: Sequence[AnyEvent],
    *,
    after: AnyEvent,
    reason: str,
    facts_digest: str,
    changed: Sequence[str] = (),
    model_hash: str | None = None,
) -> list[Amendment]:
    """The parts of an amendment that replaces the match's events by `events`, in order.

    `after` is the log's last event of the match, `model_hash` the model that the match starts with and `facts_digest`
    the digest of the resulting facts. No clock is read: the parts carry the time of the match's last event.
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
    """The events as compressed parts. Splits them in half until each part is small enough."""
    packed = zlib.compress(msgspec.msgpack.encode([encode(event, "msgpack") for event in events]), 6)
    if len(events) > 1 and (len(packed) > PART_BYTES or len(events) > CHUNK_EVENTS):
        middle = len(events) // 2
        return [*_chunks(events[:middle]), *_chunks(events[middle:])]
    return [packed]


def drafted(draft: Draft, part: AmendmentData) -> Draft:
    """The draft after one more part: the next of its telling, or the first of another. Any other part is ignored."""
    if part.part == 1 and part.telling is not None and part.telling != draft.telling:
        draft = Draft(telling=part.telling)
    is_next = part.telling == draft.telling and part.part == len(draft.parts) + 1
    if not is_next or sum(map(len, draft.parts)) + len(part.events) > MOST_BYTES:
        return draft
    return replace(draft, parts=(*draft.parts, part.events))


def told_in(draft: Draft, match_id: str) -> list[AnyEvent]:
    """The events of a complete draft. Raises `AmendmentError`."""
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
    """The amendment as it is published: without its events, which are published individually after it."""
    return replace(part, payload=replace(part.payload, events=b""))

"""Response types of processed events.

Belongs here: types and their construction. Does not belong here: reading events (`queries`).
"""

from datetime import datetime

import msgspec

from api.public.moments import iso, iso_or_none
from game.messages import Retraction

EMPTY_OBJECT, EMPTY_ARRAY = msgspec.Raw(b"{}"), msgspec.Raw(b"[]")


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """One event as processed, with the facts derived from it. `payload` and `facts` are JSON as published."""

    match_id: str
    seq: int
    event_id: str
    map_id: str | None
    round_no: int | None
    ts_event: str
    type: str
    source: str
    match_tag: str
    is_post_round: bool
    payload: msgspec.Raw
    facts: msgspec.Raw
    corrects: int | None = None
    received_at: str | None = None
    processed_at: str | None = None


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    payload: msgspec.Raw = EMPTY_OBJECT


class Published(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="processed"):
    """`game.messages.Processed` with payload and facts left as bytes."""

    match_id: str
    seq: int
    prev_seq: int
    event_id: str
    map_id: str | None
    round_no: int | None
    ts_event: datetime
    type: str
    source: str
    match_tag: str
    is_post_round: bool
    event: _Event
    facts: msgspec.Raw = EMPTY_ARRAY
    corrects: int | None = None
    received_at: datetime | None = None
    processed_at: datetime | None = None


DECODER: "msgspec.json.Decoder[Published | Retraction]" = msgspec.json.Decoder(Published | Retraction)


def view(message: Published) -> EventView:
    return EventView(
        match_id=message.match_id,
        seq=message.seq,
        event_id=message.event_id,
        map_id=message.map_id,
        round_no=message.round_no,
        ts_event=iso(message.ts_event),
        type=message.type,
        source=message.source,
        match_tag=message.match_tag,
        is_post_round=message.is_post_round,
        payload=message.event.payload,
        facts=message.facts,
        corrects=message.corrects,
        received_at=iso_or_none(message.received_at),
        processed_at=iso_or_none(message.processed_at),
    )

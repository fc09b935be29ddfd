"""Builds the record of an event that Midround itself appends to the raw events: ticks, switches, amendments,
announcements.

Belongs here: that record. Does not belong here: what game servers send (`api.intake`).
"""

from datetime import datetime

from adapters.kafka.records import RAW, Outgoing
from game.codec import encode
from game.events import AnyEvent


def raw_record(event: AnyEvent, received_at: datetime) -> Outgoing:
    """The record as the intake would have written it."""
    headers = {
        "format": b"native+json",
        "source": event.source.encode(),
        "received_at": received_at.isoformat().encode(),
    }
    if event.session:
        headers["session"] = event.session.encode()
    return Outgoing(topic=RAW, key=event.match_id.encode(), value=encode(event), headers=headers)

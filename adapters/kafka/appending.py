"""An event that Midround itself puts into the log of raw events: clock ticks, switches, amendments, announcements.

Belongs here: the record that such an event becomes. Does not belong here: what game servers send (`api.intake`).
"""

from datetime import datetime

from adapters.kafka.records import RAW, Outgoing
from game.codec import encode
from game.events import AnyEvent


def raw_record(event: AnyEvent, received_at: datetime) -> Outgoing:
    """As the intake would have written it."""
    headers = {
        "format": b"native+json",
        "source": event.source.encode(),
        "received_at": received_at.isoformat().encode(),
    }
    if event.session:
        headers["session"] = event.session.encode()
    return Outgoing(topic=RAW, key=event.match_id.encode(), value=encode(event), headers=headers)

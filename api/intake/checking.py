"""Turns the items of a request into records for the broker: each is validated as an event and passed on unchanged.

Belongs here: the check of the wire contract, stamps, duplicates. Does not belong here: an event's effect on a match:
the stream decides whether it is late, impossible or after the end.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from adapters.kafka.records import RAW, Outgoing
from api.intake.recent import Recent, key_of
from api.problems import NO_CONTROLS, Rejected, has_controls
from game.codec import DecodeError, Encoding, decode

IDS = ("match_id", "source", "session")
"""Ids that end up in keys, paths, headers and log lines, so the intake rejects control characters in them. The decoder
does not, for the sake of older records in the log."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of the items. `keys` identify the events of `records`, in the same order."""

    records: tuple[Outgoing, ...]
    keys: tuple[bytes, ...]
    duplicates: int
    rejected: tuple[Rejected, ...]


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What the intake adds to each record of a request."""

    encoding: Encoding
    received_at: bytes

    @property
    def format(self) -> bytes:
        return b"native+json" if self.encoding == "json" else b"native+msgpack"


def stamp(encoding: Encoding, now: datetime) -> Stamp:
    """Create the stamp of a request; `received_at` is ISO 8601 in UTC with milliseconds."""
    moment = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Stamp(encoding=encoding, received_at=moment.encode())


def check(items: Sequence[bytes], *, marks: Stamp, recent: Recent, item_bytes_max: int) -> Checked:
    """Sort `items` into records, duplicates (known to `recent`, or repeated in this request) and rejected ones."""
    records: dict[bytes, Outgoing] = {}
    rejected: list[Rejected] = []
    duplicates = 0
    for index, item in enumerate(items):
        found = _record(item, marks=marks, item_bytes_max=item_bytes_max)
        if isinstance(found, DecodeError):
            rejected.append(Rejected(index=index, field=found.field, reason=found.reason))
        elif found[0] in recent or found[0] in records:
            duplicates += 1
        else:
            records[found[0]] = found[1]
    return Checked(
        records=tuple(records.values()), keys=tuple(records), duplicates=duplicates, rejected=tuple(rejected)
    )


def _record(item: bytes, *, marks: Stamp, item_bytes_max: int) -> tuple[bytes, Outgoing] | DecodeError:
    if len(item) > item_bytes_max:
        return DecodeError(field="$", reason=f"the event has more than {item_bytes_max} bytes")
    event = decode(item, marks.encoding)
    if isinstance(event, DecodeError):
        return event
    if not f"{event.match_id}{event.source}{event.session}".isprintable():
        spoilt = next((name for name in IDS if has_controls(getattr(event, name) or "")), None)
        if spoilt is not None:
            return DecodeError(field=f"$.{spoilt}", reason=NO_CONTROLS)
    headers = {"format": marks.format, "source": event.source.encode(), "received_at": marks.received_at}
    if event.session is not None:
        headers["session"] = event.session.encode()
    record = Outgoing(topic=RAW, key=event.match_id.encode(), value=item, headers=headers)
    return key_of(event.match_id, event.event_id), record

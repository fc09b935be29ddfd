"""The stateless steps of the flow, one small function each.

Belongs here: records to events, messages to records, refused records to dead letters. Does not belong here: state
(`streaming.matches`), the graph (`streaming.flow`), the rules of the game.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from adapters.kafka.channels import topics_of
from adapters.kafka.records import DEAD_LETTERS, Outgoing, Record
from game.codec import DecodeError, encode, plausible
from game.events import AnyEvent
from game.messages import DeadLetter, Message
from game.sources.records import event_of

RAW_BYTES_MAX = 600 * 1024
"""The most raw bytes that a dead letter keeps (in base64). The full record remains at its source position in the raw
log and in the store."""


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """A raw record with its event, or with the error if it has none."""

    record: Record
    result: AnyEvent | DecodeError


def translated(record: Record) -> Translated:
    """The step `translate`: decode the event of a raw record."""
    return Translated(record=record, result=event_of(record.value, record.headers))


def has_event(told: Translated) -> bool:
    """The branch `readable`: whether the record could be decoded."""
    return not isinstance(told.result, DecodeError)


def match_of(told: Translated) -> str:
    """The fold's key: the match id. Only for records with an event."""
    assert not isinstance(told.result, DecodeError)
    return told.result.match_id


def dead_letter(told: Translated) -> Outgoing:
    """The dead letter of a record without an event."""
    assert isinstance(told.result, DecodeError)
    return refused(told.record, told.result)


def refused(record: Record, error: DecodeError) -> Outgoing:
    """The dead letter of `record`: its bytes, its position and the reason."""
    size = len(record.value)
    cut = "" if size <= RAW_BYTES_MAX else f" (the first {RAW_BYTES_MAX} of {size} bytes are kept here)"
    letter = DeadLetter(
        field=error.field,
        reason=f"{error.reason}{cut}",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        raw=record.value[:RAW_BYTES_MAX],
        source=_text(record.headers, "source"),
        format=_text(record.headers, "format"),
        match_id=record.key.decode("utf-8", errors="replace") or None,
        received_at=_text(record.headers, "received_at"),
    )
    return Outgoing(topic=DEAD_LETTERS, key=record.key, value=encode(letter))


def outgoing(message: Message) -> Iterator[Outgoing]:
    """The output records of a message of a match: one per topic."""
    key, value = message.match_id.encode(), encode(message)
    for topic in topics_of(message):
        yield Outgoing(topic=topic, key=key, value=value)


def keyed(record: Outgoing) -> tuple[str, Sequence[Outgoing]]:
    """The record in the form that the sink takes; the key only routes inside Bytewax."""
    return record.key.decode("utf-8", errors="replace"), [record]


def received_at(record: Record) -> datetime | None:
    """When intake received the record; None if the header is missing or is not a plausible time."""
    text = _text(record.headers, "received_at")
    try:
        return None if text is None else plausible(msgspec.convert(text, datetime))
    except msgspec.ValidationError:
        return None


def _text(headers: Mapping[str, bytes], name: str) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("utf-8", errors="replace")

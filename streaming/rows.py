"""Converts records of the topics to rows of the store: pure functions, one per topic.

Belongs here: decoding a message and mapping it to columns. Does not belong here: rows that need more than one message
(`streaming.rounds`), batching and writing (`streaming.loader`), the meaning of a column (`adapters.clickhouse.tables`).

A record that cannot be decoded becomes a row of `dead_letters`; no content of a record makes these functions raise.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from adapters.kafka.records import DEAD_LETTERS, PREDICTIONS, PROCESSED, RAW, SHADOW, STATE, Record
from game.codec import UNREADABLE, plausible
from game.events import ANNOUNCED
from game.facts import AnyFact, SwingCredited
from game.messages import DeadLetter, Prediction, Retraction, ShadowMessage, is_source_heard
from game.payloads import Moment, SequenceNumber, SeriesAnnouncedData
from game.statistics.scopes import Scoped, scoped

_RoundNumber = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
"""The range of the store's column: the stream's own round count may exceed what a source is allowed to send."""
Row = Mapping[str, Any]
TableRow = tuple[str, Row]
"""Table name, and row by column."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one processed message with match, map, round and `seq`; input for rounds and the catalog."""

    match_id: str
    map_id: str | None
    round_no: int | None
    seq: int
    ts_event: datetime
    facts: tuple[AnyFact, ...] = ()
    source: str = ""
    announced: SeriesAnnouncedData | None = None
    """The payload of an announcement, which says more than its fact does; null for other events."""
    heard_at: datetime | None = None
    """When the event was received, by our clock; null for events that Midround itself generates."""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one record. `retraction` applies to everything written before it. `problem` says why a record could
    not be read; it is empty for a readable one."""

    rows: tuple[TableRow, ...] = ()
    told: Told | None = None
    retraction: Retraction | None = None
    prediction: Prediction | None = None
    problem: str = ""


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an event that the message envelope has no columns for; the payload keeps its original bytes."""

    payload: msgspec.Raw = msgspec.Raw(b"{}")
    session: str | None = None
    seq_no: int | None = None


class _Processed(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="processed"):
    """`game.messages.Processed` with event and facts left as bytes: they are stored, not rebuilt."""

    match_id: str
    seq: SequenceNumber
    prev_seq: SequenceNumber
    event_id: str
    map_id: str | None
    round_no: _RoundNumber | None
    ts_event: Moment
    type: str
    source: str
    match_tag: str
    is_post_round: bool
    event: _Event
    facts: msgspec.Raw = msgspec.Raw(b"[]")
    notes: tuple[str, ...] = ()
    corrects: int | None = None
    received_at: datetime | None = None
    processed_at: datetime | None = None


class _Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="snapshot"):
    """`game.messages.StateSnapshot` with the state left as bytes."""

    match_id: str
    seq: SequenceNumber
    prev_seq: SequenceNumber
    ts_event: Moment
    state: msgspec.Raw
    received_at: datetime | None = None
    processed_at: datetime | None = None


class _Delta(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="delta"):
    """`game.messages.StateDelta`, which produces no row."""


_PROCESSED = msgspec.json.Decoder(_Processed | Retraction)
_STATE = msgspec.json.Decoder(_Snapshot | _Delta | Retraction)
_PREDICTION = msgspec.json.Decoder(Prediction | Retraction)
_SHADOW: msgspec.json.Decoder[ShadowMessage] = msgspec.json.Decoder(ShadowMessage)
_DEAD_LETTER = msgspec.json.Decoder(DeadLetter)
_ANNOUNCED = msgspec.json.Decoder(SeriesAnnouncedData)
FACTS = msgspec.json.Decoder(tuple[AnyFact, ...])


def load(record: Record) -> Loaded:
    """Convert the record according to its topic; an unreadable record becomes a dead letter."""
    reader = _READERS.get(record.topic)
    if reader is None:
        return unreadable(record, reason=f"no table takes the topic {record.topic}")
    try:
        return reader(record)
    except UNREADABLE as error:
        return unreadable(record, reason=str(error) or type(error).__name__)


def unreadable(record: Record, *, reason: str) -> Loaded:
    """The record as a dead letter written by the loader itself."""
    row = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "match_id": _text(record.key),
        "field": "$",
        "reason": reason,
        "source": _header(record, "source"),
        "format": _header(record, "format"),
        "received_at": _received(record),
        "raw": record.value,
    }
    return Loaded(rows=(("dead_letters", row),), problem=reason)


def _raw(record: Record) -> Loaded:
    row = {
        "match_id": _text(record.key),
        "source": _header(record, "source") or "",
        "format": _header(record, "format") or "",
        "session": _header(record, "session"),
        "received_at": _received(record),
        "token_id": _header(record, "token_id"),
        "source_position": _header(record, "source_position"),
        "headers": {name: _text(value) for name, value in record.headers.items()},
        **_place(record),
        "topic": record.topic,
        "published_at": record.appended_at,
        "raw": record.value,
    }
    return Loaded(rows=(("cs2_events_raw", row),))


def _processed(record: Record) -> Loaded:
    message = _PROCESSED.decode(record.value)
    if isinstance(message, Retraction):
        return _retraction(message, record)
    is_heard = is_source_heard(message.source, message.type, corrects=message.corrects)
    told = Told(
        match_id=message.match_id,
        map_id=message.map_id,
        round_no=message.round_no,
        seq=message.seq,
        ts_event=message.ts_event,
        facts=FACTS.decode(message.facts),
        source=message.source,
        announced=_ANNOUNCED.decode(message.event.payload) if message.type == ANNOUNCED else None,
        heard_at=(message.received_at or message.ts_event) if is_heard else None,
    )
    return Loaded(rows=(_event_row(message, record), *fact_rows(told)), told=told)


def _event_row(message: _Processed, record: Record) -> TableRow:
    row = {
        "match_id": message.match_id,
        "map_id": message.map_id,
        "round_no": message.round_no,
        "seq": message.seq,
        "prev_seq": message.prev_seq,
        "event_id": message.event_id,
        "ts_event": message.ts_event,
        "type": message.type,
        "source": message.source,
        "session": message.event.session,
        "seq_no": message.event.seq_no,
        "match_tag": message.match_tag,
        "is_post_round": message.is_post_round,
        "payload": bytes(message.event.payload).decode(),
        "facts": bytes(message.facts).decode(),
        "notes": message.notes,
        "corrects": message.corrects,
        "received_at": plausible(message.received_at) or record.appended_at,
        "processed_at": message.processed_at,
        "published_at": record.appended_at,
        **_valid(message.seq),
    }
    return "game_events", row


def fact_rows(told: Told) -> tuple[TableRow, ...]:
    """The rows that the facts of a single message determine: statistics and swings."""
    rows = [row for part in scoped(told.facts) for row in _stat_rows(told, part)]
    swings = [fact for fact in told.facts if isinstance(fact, SwingCredited)]
    for number, swing in enumerate(swings):
        rows += _swing_rows(told, swing, swing_no=number)
    return tuple(rows)


def _stat_rows(told: Told, part: Scoped) -> list[TableRow]:
    shared = {
        "match_id": told.match_id,
        "map_id": told.map_id or "",
        "scope": part.scope,
        "round_no": part.round_no,
        "seq": told.seq,
        "ts_event": told.ts_event,
        **_valid(told.seq),
    }
    return [
        (
            "player_stats",
            {**shared, "player_id": player_id, "rounds": part.rounds(player_id), "stats": _floats(line)},
        )
        for player_id, line in part.lines.items()
    ]


def _floats(line: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in line.items()}


def _swing_rows(told: Told, swing: SwingCredited, *, swing_no: int) -> list[TableRow]:
    shared = {
        "match_id": told.match_id,
        "map_id": told.map_id,
        "round_no": told.round_no,
        "seq": told.seq,
        "swing_no": swing_no,
        "cause": swing.cause,
        "p_a_before": swing.p_a_before,
        "p_a_after": swing.p_a_after,
        "ts_event": told.ts_event,
        **_valid(told.seq),
    }
    return [
        ("swings", {**shared, "player_id": player_id, "credit": float(credit)})
        for player_id, credit in swing.credits.items()
    ]


def _state(record: Record) -> Loaded:
    message = _STATE.decode(record.value)
    if isinstance(message, Retraction):
        return _retraction(message, record)
    if isinstance(message, _Delta):
        return Loaded()  # a snapshot follows within 256 seq; deltas are for live subscribers
    row = {
        "match_id": message.match_id,
        "seq": message.seq,
        "prev_seq": message.prev_seq,
        "ts_event": message.ts_event,
        "state": bytes(message.state).decode(),
        "received_at": plausible(message.received_at) or record.appended_at,
        "processed_at": message.processed_at,
        "published_at": record.appended_at,
        **_place(record),
        **_valid(message.seq),
    }
    return Loaded(rows=(("match_states", row),))


def _prediction(record: Record) -> Loaded:
    message = _PREDICTION.decode(record.value)
    if isinstance(message, Retraction):
        return _retraction(message, record)
    receipt = message.receipt
    row = {
        "match_id": message.match_id,
        "map_id": message.map_id,
        "map_name": message.map_name,
        "round_no": message.round_no,
        "seq": message.seq,
        "prev_seq": message.prev_seq,
        "ts_event": message.ts_event,
        "round_time_s": message.round_time_s,
        "event_id": message.event_id,
        **_probabilities(message),
        "receipt_id": receipt.receipt_id,
        "model_version": receipt.model_version,
        "model_hash": receipt.model_hash,
        "feature_schema_hash": receipt.feature_schema_hash,
        "input_event_ids": receipt.input_event_ids,
        "previous": receipt.previous,
        "digest": receipt.digest,
        "message": record.value.decode(),
        "corrects": message.corrects,
        "received_at": plausible(message.received_at) or record.appended_at,
        "predicted_at": message.predicted_at,
        "published_at": record.appended_at,
        **_valid(message.seq),
    }
    return Loaded(rows=(("cs2_predictions", row),), prediction=message)


def _probabilities(message: Prediction) -> dict[str, float | None]:
    columns: dict[str, float | None] = {"round_p_ct": message.round.p_ct}
    by_horizon = {"round": message.round, "map": message.map, "series": message.series}
    for horizon, chance in by_horizon.items():
        for name in ("p_a", "p_b", "lo", "hi", "confidence"):
            columns[f"{horizon}_{name}"] = getattr(chance, name)
    return columns


def _shadow(record: Record) -> Loaded:
    message = _SHADOW.decode(record.value)
    if isinstance(message, Retraction):
        return _retraction(message, record)
    row = {name: getattr(message, name) for name in message.__struct_fields__ if name != "schema_version"}
    row |= {"published_at": record.appended_at, **_valid(message.seq)}
    return Loaded(rows=(("shadow_predictions", row),))


def _dead_letter(record: Record) -> Loaded:
    letter = _DEAD_LETTER.decode(record.value)
    row = {
        "topic": letter.topic,
        "partition": min(max(letter.partition, 0), 2**32 - 1),
        "offset": min(max(letter.offset, 0), 2**64 - 1),
        "match_id": letter.match_id,
        "field": letter.field,
        "reason": letter.reason,
        "source": letter.source,
        "format": letter.format,
        "received_at": _moment(letter.received_at) or record.appended_at,
        "raw": letter.raw,
    }
    return Loaded(rows=(("dead_letters", row),))


def _retraction(message: Retraction, record: Record) -> Loaded:
    row = {
        "match_id": message.match_id,
        "channel": record.topic,
        "seq": message.seq,
        "from_seq": message.from_seq,
        "to_seq": message.to_seq,
        "reason": message.reason,
        "map_id": message.map_id,
        "event_id": message.event_id,
        "processed_at": message.processed_at,
        "published_at": record.appended_at,
    }
    return Loaded(rows=(("retractions", row),), retraction=message)


def _valid(seq: int) -> dict[str, Any]:
    return {"is_retracted": False, "version": seq}


def _place(record: Record) -> dict[str, int]:
    return {"partition": record.partition, "offset": record.offset}


def _received(record: Record) -> datetime:
    return _moment(_header(record, "received_at")) or record.appended_at


def _moment(text: str | None) -> datetime | None:
    """An ISO 8601 time with its UTC offset; None for anything else and for times that retention cannot handle."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return plausible(moment)


def _header(record: Record, name: str) -> str | None:
    value = record.headers.get(name)
    return None if value is None else _text(value)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


_READERS: Mapping[str, Callable[[Record], Loaded]] = {
    RAW: _raw,
    PROCESSED: _processed,
    STATE: _state,
    PREDICTIONS: _prediction,
    SHADOW: _shadow,
    DEAD_LETTERS: _dead_letter,
}

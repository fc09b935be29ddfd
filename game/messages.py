"""The messages on the outgoing topics: processed events, states, predictions, retractions, dead letters.

Belongs here: the message structs that stream, loader, API and clients share. Does not belong here: the facts
(`game.facts`), how predictions are made (`models`), transport.

Every message of a match carries the `seq` that it follows and the `prev_seq` of its own channel, so that a reader
detects a gap without reading the other channels. Times: `ts_event` is the source's time, `received_at` the time of
intake, `processed_at` the time at which the stream had the result. `published_at` is the record's timestamp: the time
at which it was handed to the Kafka client.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from game.events import ANNOUNCED, OUR_OWN, AnyEvent
from game.facts import AnyFact
from game.features import Features
from game.state import MatchState, MatchTag

SCHEMA_VERSION = 1
Horizon = Literal["round", "map", "series"]
HORIZONS: tuple[Horizon, ...] = ("round", "map", "series")


class _Message(Struct, frozen=True, kw_only=True, tag_field="message"):
    match_id: str
    seq: int
    schema_version: int = SCHEMA_VERSION


class Processed(_Message, frozen=True, kw_only=True, tag="processed"):
    """One event of a match as the reducer understood it, with the facts that follow from it."""

    prev_seq: int
    event_id: str
    map_id: str | None
    round_no: int | None
    """The round in which the event was counted; it may differ from the round that the event names."""
    ts_event: datetime
    type: str
    source: str
    match_tag: MatchTag
    is_post_round: bool
    event: AnyEvent
    facts: tuple[AnyFact, ...] = ()
    notes: tuple[str, ...] = ()
    """What was wrong with the feed before this event: gaps, late arrival, a new session. Not part of any fact."""
    corrects: int | None = None
    """Set on events that are published again after a retraction: the seq of the event that caused it."""
    received_at: datetime | None = None
    processed_at: datetime | None = None


def is_source_heard(source: str, type_: str, *, corrects: int | None) -> bool:
    """Whether a processed event with these fields shows that the source of the match is alive. Our own events,
    announcements and events published again do not."""
    return source not in OUR_OWN and type_ != ANNOUNCED and corrects is None


class Retraction(_Message, frozen=True, kw_only=True, tag="retraction"):
    """All messages of this channel with `from_seq <= seq <= to_seq` are void. `seq` is that of the event that caused
    it."""

    from_seq: int
    to_seq: int
    reason: str
    map_id: str | None = None
    event_id: str | None = None
    processed_at: datetime | None = None


class StateDelta(_Message, frozen=True, kw_only=True, tag="delta"):
    """The changes of the state: fields of `MatchState`, merged per player and per field of `map` and `round`."""

    prev_seq: int
    ts_event: datetime
    set: dict[str, Any] = {}
    """Top-level fields with their new values. `map`, `round` and `players` hold only what changed inside them; null
    clears a field."""
    positions: tuple[Any, ...] = ()
    """Players of a position sample, passed through."""
    received_at: datetime | None = None
    processed_at: datetime | None = None


class StateSnapshot(_Message, frozen=True, kw_only=True, tag="snapshot"):
    """The whole state; a reader may start here."""

    prev_seq: int
    ts_event: datetime
    state: MatchState
    received_at: datetime | None = None
    processed_at: datetime | None = None


class Probability(Struct, frozen=True, kw_only=True):
    """Team A's win probability with its 90 % interval; four decimals. `p_a + p_b == 1`."""

    p_a: float
    p_b: float
    lo: float
    hi: float
    confidence: float
    """1 - (hi - lo)."""
    p_ct: float | None = None
    """Win probability of the CT side; only for the horizon `round`."""


class Receipt(Struct, frozen=True, kw_only=True):
    """Everything that a prediction follows from. `digest` is the SHA-256 of the canonical encoding of everything except
    the digest itself and the processing times; the next receipt holds it as `previous`."""

    receipt_id: str
    model_version: str
    model_hash: str
    feature_schema_hash: str
    input_event_ids: tuple[str, ...]
    features: Features | None
    score: dict[str, Any]
    """Inputs of the map and series models: score, side, equipment classes, maps, format."""
    previous: str
    digest: str


class Prediction(_Message, frozen=True, kw_only=True, tag="prediction"):
    """Win probabilities after `seq`, at all three horizons."""

    prev_seq: int
    map_id: str
    map_name: str | None
    round_no: int | None
    round_time_s: float | None
    """Seconds from the end of freeze time; null outside of live play."""
    ts_event: datetime
    event_id: str
    round: Probability
    map: Probability
    series: Probability
    receipt: Receipt
    corrects: int | None = None
    received_at: datetime | None = None
    predicted_at: datetime | None = None
    outside: str | UnsetType = UNSET
    """The parts of the state that lie outside of the model's training data, in words that begin with the field's name.
    Absent if there are none: such a message has the same bytes and the same digest as before this field existed."""
    swing: float | UnsetType = UNSET
    """Probability that the round's win probability moves by 0.15 or more within five seconds; four decimals. Only at
    whole seconds of live play, and only if the bundle's swing model has passed its gates."""


class ShadowPrediction(_Message, frozen=True, kw_only=True, tag="shadow_prediction"):
    """A challenger's prediction for the state of the champion's prediction `seq`: CT's probability to win the round, in
    live play. Off the critical path, and never served."""

    map_id: str
    round_no: int
    round_time_s: float
    ts_event: datetime
    event_id: str
    champion_version: str
    champion_hash: str
    champion_p_ct: float
    challenger_version: str
    challenger_hash: str
    challenger_p_ct: float


class DeadLetter(Struct, frozen=True, kw_only=True):
    """Input that is not an event: the reason, where it was read, and the bytes as they came (base64 in JSON)."""

    field: str
    reason: str
    topic: str
    partition: int
    offset: int
    raw: bytes
    source: str | None = None
    format: str | None = None
    match_id: str | None = None
    received_at: str | None = None
    schema_version: int = SCHEMA_VERSION


Message = Processed | StateSnapshot | StateDelta | Prediction | Retraction
"""Everything that the stream publishes about a match."""

StateMessage = StateSnapshot | StateDelta | Retraction
"""The topic `match-state`."""

PredictionMessage = Prediction | Retraction
"""The topic `predictions`."""

ShadowMessage = ShadowPrediction | Retraction
"""The topic `shadow-predictions`."""

ProcessedMessage = Processed | Retraction
"""The topic `processed-game-events`."""

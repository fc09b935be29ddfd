"""What goes over the outgoing topics: processed events, states, predictions, retractions, dead letters.

Belongs here: the message structs that stream, loader, API and clients share. Does not belong here: facts themselves
(`game.facts`), how predictions are made (`models`), transport.

Every message of a match carries the `seq` that it follows and the `prev_seq` of its own channel, so that a reader sees
a hole without knowing the other channels. Times: `ts_event` the source's, `received_at` at intake, `processed_at` when
the stream had the result; `published_at` is the record's timestamp: when it was handed to the client of the log.
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
    """One event of a match as it was understood, with the facts that follow from it."""

    prev_seq: int
    event_id: str
    map_id: str | None
    round_no: int | None
    """The round that the event was counted in, which may differ from the one it names."""
    ts_event: datetime
    type: str
    source: str
    match_tag: MatchTag
    is_post_round: bool
    event: AnyEvent
    facts: tuple[AnyFact, ...] = ()
    notes: tuple[str, ...] = ()
    """What was wrong with the feed before this event: gaps, late arrival, a new session. No part of any fact."""
    corrects: int | None = None
    """Set on events that are told again after a retraction: the seq of the event that caused it."""
    received_at: datetime | None = None
    processed_at: datetime | None = None


def is_source_heard(source: str, type_: str, *, corrects: int | None) -> bool:
    """Whether a processed event with these fields says that the source of the match is there: not what we say
    ourselves, not a match that is announced, and nothing that is told again."""
    return source not in OUR_OWN and type_ != ANNOUNCED and corrects is None


class Retraction(_Message, frozen=True, kw_only=True, tag="retraction"):
    """All messages of this channel with `from_seq <= seq <= to_seq` are void. `seq` is that of the cause."""

    from_seq: int
    to_seq: int
    reason: str
    map_id: str | None = None
    event_id: str | None = None
    processed_at: datetime | None = None


class StateDelta(_Message, frozen=True, kw_only=True, tag="delta"):
    """What changed in the state: fields of `MatchState`, merged per player and per field of `map` and `round`."""

    prev_seq: int
    ts_event: datetime
    set: dict[str, Any] = {}
    """Top-level fields that have a new value. `map`, `round` and `players` hold only what changed inside them; null
    clears."""
    positions: tuple[Any, ...] = ()
    """Players of a position sample, passed through."""
    received_at: datetime | None = None
    processed_at: datetime | None = None


class StateSnapshot(_Message, frozen=True, kw_only=True, tag="snapshot"):
    """The whole state: where a reader may begin."""

    prev_seq: int
    ts_event: datetime
    state: MatchState
    received_at: datetime | None = None
    processed_at: datetime | None = None


class Probability(Struct, frozen=True, kw_only=True):
    """Team A's chance with its 90 % interval; four decimals. `p_a + p_b == 1`."""

    p_a: float
    p_b: float
    lo: float
    hi: float
    confidence: float
    """1 - (hi - lo)."""
    p_ct: float | None = None
    """CT's chance; the round's horizon only."""


class Receipt(Struct, frozen=True, kw_only=True):
    """All that a prediction follows from. `digest` is the SHA-256 of the canonical encoding of everything but itself
    and the processing times, and the next receipt's `previous`."""

    receipt_id: str
    model_version: str
    model_hash: str
    feature_schema_hash: str
    input_event_ids: tuple[str, ...]
    features: Features | None
    score: dict[str, Any]
    """Inputs of the map and series models: score, side, classes of equipment, maps, format."""
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
    """What of the state lies outside of what the model has learned from, in words that begin with the field's name.
    Absent where it knows of nothing: such a message has the bytes, and the digest, that it had without the field."""
    swing: float | UnsetType = UNSET
    """Chance that the round's probability moves by .15 or more within five seconds; four decimals. Only at whole
    seconds of live play, and only where the bundle's swing model has passed its gates."""


class ShadowPrediction(_Message, frozen=True, kw_only=True, tag="shadow_prediction"):
    """What a challenger says of the state that the champion's prediction `seq` was made from: CT's chance of the round,
    in live play. Off the critical path; nobody is served it."""

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
    """Input that is no event: why, where it stood, and the bytes as they came (base64 in JSON)."""

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
"""What the stream tells of a match."""

StateMessage = StateSnapshot | StateDelta | Retraction
"""The topic `match-state`."""

PredictionMessage = Prediction | Retraction
"""The topic `predictions`."""

ShadowMessage = ShadowPrediction | Retraction
"""The topic `shadow-predictions`."""

ProcessedMessage = Processed | Retraction
"""The topic `processed-game-events`."""

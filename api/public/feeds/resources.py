"""Latency, coverage and the parts behind them as the API shows them. Shapes only."""

import msgspec

from api.public.lags import Lag
from api.public.recent import Figures


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the way of a message: which two moments it lies between, and whose figures tell of it."""

    stage: str
    begins: str
    ends: str
    measured_by: str
    """api: messages that this process has read itself; store: all records that the store has by now."""


class StageLatency(Stage, frozen=True, kw_only=True):
    """A stage with how long it took within the window, in milliseconds. Null where nothing passed, or where
    `is_known` is false."""

    messages: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    is_known: bool = True
    """False while the store, which tells of this stage, does not answer."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long messages took, by stage, in the order of their way."""

    measured_at: str
    window_s: int
    since: str
    """When this process began to measure: where that is within the window, the window is as short."""
    is_fed: bool
    """Whether the topics can be read at present; without it nothing new is measured."""
    stages: tuple[StageLatency, ...]


def stage_latency(stage: Stage, figures: Figures | None) -> StageLatency:
    """`figures` None: nobody could be asked."""
    told = figures or Figures(messages=0)
    return StageLatency(
        **msgspec.structs.asdict(stage), **msgspec.structs.asdict(told), is_known=figures is not None
    )


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """Matches of one format: the best of so many maps."""

    best_of: int
    matches: int


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """From the first event to the last one; null where there is none."""

    first_at: str | None
    last_at: str | None


class MatchesCovered(msgspec.Struct, frozen=True, kw_only=True):
    """Matches by how they stand; a status that none has is missing."""

    total: int
    by_status: dict[str, int]


class SourceCovered(Period, frozen=True, kw_only=True):
    """What came from one source; what the system itself adds (clock, switch of a model) is left out."""

    source: str
    matches: int
    events: int


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """In which share of the decided rounds there is what, from 0 to 1; null without rounds."""

    positions: float | None
    """At least one sample of where players are."""
    economy: float | None
    """What both teams bought is known."""
    damage: float | None
    utility: float | None
    """At least one grenade thrown, detonated, or a player blinded."""
    predictions: float | None
    """Win probabilities of live play."""


class MapCovered(Period, frozen=True, kw_only=True):
    """All that was played on a map of one name; `map_name` null: the source named none."""

    map_name: str | None
    matches: int
    maps: int
    """How often it was played."""
    rounds: int
    """Decided rounds."""
    shares: Shares


class DataQuality(msgspec.Struct, frozen=True, kw_only=True):
    """All scorecards of derived maps, counted; what was wrong with the feeds is counted once a match."""

    matches: int
    maps: int
    provisional: int
    final: int
    amended: int
    breaches: int
    """Of what a legal match has."""
    duplicates: int
    late: int
    stale: int
    holes: int
    unreadable: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What there is: by status, format, source and map, and how good it is."""

    measured_at: str
    matches: MatchesCovered
    period: Period
    formats: tuple[Format, ...]
    sources: tuple[SourceCovered, ...]
    rounds: int
    shares: Shares
    """Over the rounds of all maps."""
    maps: tuple[MapCovered, ...]
    quality: DataQuality


class Throughput(msgspec.Struct, frozen=True, kw_only=True):
    """Messages a second that this process read of each topic within the window."""

    window_s: int
    events_per_s: float
    states_per_s: float
    predictions_per_s: float


class DeadLetterReason(msgspec.Struct, frozen=True, kw_only=True):
    """Records that could not be processed for one reason."""

    topic: str
    field: str
    """Path of the field at fault; $ is the whole."""
    reason: str
    letters: int
    last_at: str


class DeadLetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be processed: why, and where it stands. Its bytes are in the store alone."""

    topic: str
    partition: int
    offset: int
    match_id: str | None
    field: str
    reason: str
    source: str | None
    format: str | None
    source_position: str | None
    """Place in the source (byte offset, row, line), where it told one."""
    size_bytes: int
    """Of what is kept."""
    received_at: str


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """Since a moment: how many, the most frequent reasons, and the latest ones."""

    since: str
    total: int
    reasons: tuple[DeadLetterReason, ...]
    latest: tuple[DeadLetterView, ...]


class System(msgspec.Struct, frozen=True, kw_only=True):
    """How the parts do, as far as this process can tell."""

    measured_at: str
    is_fed: bool
    """Whether the topics can be read at present."""
    throughput: Throughput
    lag: tuple[Lag, ...]
    """Without `broker`, of this process alone."""
    dead_letters: DeadLetters | None
    quality: DataQuality | None
    away: tuple[str, ...]
    """Parts that do not answer (`broker`, `store`): what they would tell is missing, or null."""

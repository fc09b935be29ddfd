"""Response types of latency, coverage and system health.

Belongs here: types and their construction. Does not belong here: reading the figures (`queries`).
"""

import msgspec

from api.public.lags import Lag
from api.public.recent import Figures


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of a message's path: the two moments that bound it, and the part that measures it."""

    stage: str
    begins: str
    ends: str
    measured_by: str
    """api: messages that this process has read itself; store: all records that have reached the store."""


class StageLatency(Stage, frozen=True, kw_only=True):
    """Latency of a stage within the window, in milliseconds. Null where no message passed or `is_known` is false."""

    messages: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    is_known: bool = True
    """False while the store, which measures this stage, does not answer."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Latency of messages by stage, in the order that messages pass them."""

    measured_at: str
    window_s: int
    since: str
    """When this process began to measure. If that is within the window, the window is shorter accordingly."""
    is_fed: bool
    """Whether the topics can be read at present; otherwise nothing new is measured."""
    stages: tuple[StageLatency, ...]


def stage_latency(stage: Stage, figures: Figures | None) -> StageLatency:
    """Build the latency of a stage; `figures` is None if its source is unavailable."""
    told = figures or Figures(messages=0)
    return StageLatency(
        **msgspec.structs.asdict(stage), **msgspec.structs.asdict(told), is_known=figures is not None
    )


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """Matches of one format: best of `best_of` maps."""

    best_of: int
    matches: int


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Time of the first and the last event; null if there is none."""

    first_at: str | None
    last_at: str | None


class MatchesCovered(msgspec.Struct, frozen=True, kw_only=True):
    """Number of matches by status; a status without matches is missing."""

    total: int
    by_status: dict[str, int]


class SourceCovered(Period, frozen=True, kw_only=True):
    """Data from one source. Events that the system itself adds (clock, model switch) are excluded."""

    source: str
    matches: int
    events: int


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Share of decided rounds, from 0 to 1, that have each kind of data; null without rounds."""

    positions: float | None
    """At least one sample of player positions."""
    economy: float | None
    """The purchases of both teams are known."""
    damage: float | None
    utility: float | None
    """At least one grenade thrown or detonated, or one player blinded."""
    predictions: float | None
    """Win probabilities of live play."""


class MapCovered(Period, frozen=True, kw_only=True):
    """Everything played on the map of one name; `map_name` is null if the source named none."""

    map_name: str | None
    matches: int
    maps: int
    """How often the map was played."""
    rounds: int
    """Decided rounds."""
    shares: Shares


class DataQuality(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over the scorecards of all derived maps. Feed errors are counted once per match."""

    matches: int
    maps: int
    provisional: int
    final: int
    amended: int
    breaches: int
    """Violations of the rules of a legal match."""
    duplicates: int
    late: int
    stale: int
    holes: int
    unreadable: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Available data by status, format, source and map, and its quality."""

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
    """Messages per second that this process read from each topic within the window."""

    window_s: int
    events_per_s: float
    states_per_s: float
    predictions_per_s: float


class DeadLetterReason(msgspec.Struct, frozen=True, kw_only=True):
    """Records that could not be processed for one reason."""

    topic: str
    field: str
    """Path of the field at fault; $ is the whole record."""
    reason: str
    letters: int
    last_at: str


class DeadLetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be processed: the reason and its position. Its bytes are only in the store."""

    topic: str
    partition: int
    offset: int
    match_id: str | None
    field: str
    reason: str
    source: str | None
    format: str | None
    source_position: str | None
    """Position in the source (byte offset, row, line), if the source gave one."""
    size_bytes: int
    """Size of the part that is kept."""
    received_at: str


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters since a moment: total count, most frequent reasons, latest records."""

    since: str
    total: int
    reasons: tuple[DeadLetterReason, ...]
    latest: tuple[DeadLetterView, ...]


class System(msgspec.Struct, frozen=True, kw_only=True):
    """Health of the parts, as far as this process can tell."""

    measured_at: str
    is_fed: bool
    """Whether the topics can be read at present."""
    throughput: Throughput
    lag: tuple[Lag, ...]
    """Only this process's lag if `broker` does not answer."""
    dead_letters: DeadLetters | None
    quality: DataQuality | None
    away: tuple[str, ...]
    """Parts that do not answer (`broker`, `store`). Their data is missing or null."""

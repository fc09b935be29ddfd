"""Declares the store's tables: columns with type and meaning, engine, order, partition, retention.

Belongs here: declarations. Does not belong here: DDL and documentation (`ddl`), migrations (`migrations`), inserts
(`inserts`), the rows (`streaming.loader`).

Every table is a ReplacingMergeTree, so a row delivered twice is one row. If there is a `version`, the highest one wins:
it is the `seq` of the message that published the row, or follows from the one that withdrew it (`is_retracted`). Read
with `FINAL` and `is_retracted = 0`.
"""

import msgspec

MOMENT = "DateTime64(6, 'UTC')"
NAME = "LowCardinality(String)"
JSON = "String"
TTL_DAYS_MAX = 18_250
"""Fifty years. ClickHouse computes retention in seconds up to the year 2106: a later date overflows into the past, and
the rows would vanish as they are written."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column. `about` describes its content and unit."""

    name: str
    type: str
    about: str
    is_nullable: bool = False
    is_binary: bool = False
    codec: str = ""

    @property
    def full_type(self) -> str:
        """The ClickHouse type with its nullability, as `system.columns` writes it."""
        if not self.is_nullable:
            return self.type
        if self.type.startswith("LowCardinality("):
            return f"LowCardinality(Nullable({self.type[15:-1]}))"
        return f"Nullable({self.type})"


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """A data-skipping index for lookups by a column outside the table's sort order."""

    column: str
    type: str = "bloom_filter"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table. `ttl_days` is the default retention, counted from `ttl_column`; None keeps rows forever."""

    name: str
    about: str
    columns: tuple[Column, ...]
    order_by: tuple[str, ...]
    partition_by: str = ""
    version: str = ""
    ttl_column: str = ""
    ttl_days: int | None = None
    is_held: bool = False
    """Rows are not deleted by age: the batch path deletes a day once the lake holds all of it."""
    indexes: tuple[Index, ...] = ()
    settings: str = ""
    """ClickHouse settings of the table, fixed when it is created: a change applies to new stores only."""

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _c(name: str, of: str, about: str) -> Column:
    return Column(name=name, type=of, about=about)


def _opt(name: str, of: str, about: str) -> Column:
    return Column(name=name, type=of, about=about, is_nullable=True)


def _text(name: str, about: str) -> Column:
    """A long text, compressed harder than the default."""
    return Column(name=name, type=JSON, about=about, codec="ZSTD(3)")


MATCH = _c("match_id", "String", "the series")
MAP = _opt("map_id", "String", "one map of the series; null outside of a map")
SEQ = _c("seq", "UInt64", "number of the processed event of this match, without holes")
TS_EVENT = _c("ts_event", MOMENT, "time of the event by its source, UTC")
RECEIVED = _c("received_at", MOMENT, "arrival at intake, UTC; the broker's time where intake gave none")
PUBLISHED = _c("published_at", MOMENT, "when the record was handed to the client of the log, UTC")
POSITION = (
    _c("partition", "UInt32", "partition of the record on its topic"),
    _c("offset", "UInt64", "offset of the record in its partition"),
)
RETRACTION = (
    _c("is_retracted", "Bool", "withdrawn by a later message: not valid any more"),
    _c(
        "version",
        "UInt64",
        "the highest wins: seq that told this row; withdrawn, one more at least, and seq of the cause at least",
    ),
)

CS2_EVENTS_RAW = Table(
    name="cs2_events_raw",
    about="Raw records as they came: the bytes and headers of the topic raw-game-events, valid or not.",
    columns=(
        MATCH,
        _c("source", NAME, "who sent it, by the header; empty if unnamed"),
        _c("format", NAME, "encoding and dialect by the header, such as native+json"),
        _opt("session", "String", "start of the source, new at each of its starts"),
        RECEIVED,
        _opt("token_id", "String", "credential that sent it"),
        _opt("source_position", "String", "place in the source: byte offset, row, line"),
        _c("headers", "Map(String, String)", "all headers of the record"),
        _c("topic", NAME, "topic of the record"),
        *POSITION,
        PUBLISHED,
        Column(
            name="raw", type="String", about="the received bytes, unchanged", is_binary=True, codec="ZSTD(3)"
        ),
    ),
    order_by=("match_id", "received_at", "partition", "offset"),
    partition_by="toYYYYMM(received_at)",
    ttl_column="received_at",
    ttl_days=90,
    is_held=True,
)

GAME_EVENTS = Table(
    name="game_events",
    about="Events as the stream understood them, in the order of their match, with the facts that follow.",
    columns=(
        MATCH,
        MAP,
        _opt("round_no", "UInt16", "round that the event was counted in"),
        SEQ,
        _c("prev_seq", "UInt64", "seq of the message before it on this channel"),
        _c("event_id", "String", "the source's id of the event"),
        TS_EVENT,
        _c("type", NAME, "type of the event"),
        _c("source", NAME, "who sent it"),
        _opt("session", "String", "start of the source"),
        _opt("seq_no", "UInt64", "the source's own counter within match, source and session"),
        _c("match_tag", NAME, "warmup, knife, live, overtime or over"),
        _c("is_post_round", "Bool", "after the round was decided"),
        _text("payload", "what the event says, JSON"),
        _text("facts", "what follows from it, JSON array"),
        _c(
            "notes",
            "Array(String)",
            "what was wrong with the feed before it: gaps, late arrival, a new session",
        ),
        _opt("corrects", "UInt64", "seq of the event that made this one be told again"),
        RECEIVED,
        _opt("processed_at", MOMENT, "when the stream had the result, UTC"),
        PUBLISHED,
        *RETRACTION,
    ),
    order_by=("match_id", "ts_event", "seq"),
    partition_by="toYYYYMM(ts_event)",
    version="version",
    indexes=(Index(column="event_id"), Index(column="seq", type="minmax")),
)

CS2_ROUND_METRICS = Table(
    name="cs2_round_metrics",
    about="One row a decided round.",
    columns=(
        MATCH,
        _c("map_id", "String", "one map of the series"),
        _c("round_no", "UInt16", "number of the round on its map"),
        SEQ,
        _c("winner_team", NAME, "A or B"),
        _c("winner_side", NAME, "ct or t"),
        _c("reason", NAME, "how the round ended"),
        _c("score_a", "UInt16", "rounds of team A on this map after the round"),
        _c("score_b", "UInt16", "rounds of team B on this map after the round"),
        _opt("a_side", NAME, "side of team A in the round"),
        _c("is_pistol", "Bool", "first round of a regular half"),
        _c("is_overtime", "Bool", "played in overtime"),
        _opt("equipment_a", "UInt32", "equipment of team A at the end of freeze time, dollars"),
        _opt("equipment_b", "UInt32", "equipment of team B at the end of freeze time, dollars"),
        _opt("economy_a", NAME, "what team A bought: pistol, eco, force, semi, full or unknown"),
        _opt("economy_b", NAME, "what team B bought"),
        _opt("duration_s", "Float64", "end of freeze time to decision, seconds"),
        _c("kills_a", "UInt16", "enemies killed by team A before the decision"),
        _c("kills_b", "UInt16", "enemies killed by team B before the decision"),
        _c("headshots", "UInt16", "of those, by headshot"),
        _c("is_bomb_planted", "Bool", "the bomb was planted"),
        _opt("site", NAME, "where it was planted: a or b"),
        _c("survivors", "Array(String)", "player ids alive at the decision"),
        _opt("started_at", MOMENT, "start of freeze time, UTC"),
        _c("ended_at", MOMENT, "time of the decision, UTC"),
        *RETRACTION,
    ),
    order_by=("match_id", "map_id", "round_no"),
    version="version",
)

CS2_PREDICTIONS = Table(
    name="cs2_predictions",
    about="Win probabilities with their receipts, one row a prediction.",
    columns=(
        MATCH,
        _c("map_id", "String", "one map of the series"),
        _opt("map_name", NAME, "name of the map, such as de_nuke"),
        _opt("round_no", "UInt16", "running round"),
        SEQ,
        _c("prev_seq", "UInt64", "seq of the prediction before it"),
        TS_EVENT,
        _opt("round_time_s", "Float64", "seconds from the end of freeze time; null outside of live play"),
        _c("event_id", "String", "the event that it follows"),
        *(
            column
            for horizon in ("round", "map", "series")
            for column in (
                _c(f"{horizon}_p_a", "Float64", f"chance that team A wins the {horizon}"),
                _c(f"{horizon}_p_b", "Float64", f"chance that team B wins the {horizon}"),
                _c(f"{horizon}_lo", "Float64", f"lower end of the 90 % interval of {horizon}_p_a"),
                _c(f"{horizon}_hi", "Float64", f"upper end of the 90 % interval of {horizon}_p_a"),
                _c(f"{horizon}_confidence", "Float64", f"1 - ({horizon}_hi - {horizon}_lo)"),
            )
        ),
        _opt("round_p_ct", "Float64", "chance that CT wins the round"),
        _c("receipt_id", "String", "id of prediction and receipt"),
        _c("model_version", NAME, "model that predicted"),
        _c("model_hash", NAME, "SHA-256 of that model's files"),
        _c("feature_schema_hash", NAME, "definition of its inputs"),
        _c("input_event_ids", "Array(String)", "events since the prediction before"),
        _c("previous", "String", "digest of the receipt before it"),
        _c("digest", "String", "SHA-256 of the receipt"),
        _text("message", "the prediction and its receipt as published, JSON, byte for byte"),
        _opt("corrects", "UInt64", "seq of the event that made it be told again"),
        RECEIVED,
        _opt("predicted_at", MOMENT, "when the model had answered, UTC"),
        PUBLISHED,
        *RETRACTION,
    ),
    order_by=("match_id", "ts_event", "seq", "receipt_id"),
    partition_by="toYYYYMM(received_at)",
    version="version",
    ttl_column="received_at",
    ttl_days=180,
    indexes=(Index(column="receipt_id"), Index(column="seq", type="minmax")),
)

PLAYER_STATS = Table(
    name="player_stats",
    about="Statistics of a player as they were told, by scope: the latest seq of a player, map and scope counts. "
    "Definitions and units: game/stats.py.",
    columns=(
        MATCH,
        _c("map_id", "String", "one map of the series"),
        _c("player_id", "String", "the player"),
        _c(
            "scope",
            NAME,
            "round:n that round alone; half:n; side:ct, side:t his rounds there; map the map so far",
        ),
        _c("round_no", "UInt16", "the last round of the map that the figures cover"),
        SEQ,
        _c("rounds", "UInt16", "rounds that the figures cover"),
        _c("stats", "Map(LowCardinality(String), Float64)", "figure by the id of its definition"),
        TS_EVENT,
        *RETRACTION,
    ),
    order_by=("match_id", "map_id", "scope", "player_id", "seq"),
    version="version",
)

SWINGS = Table(
    name="swings",
    about="Change of the round's win probability credited to players; the rows of one cause sum to zero.",
    columns=(
        MATCH,
        MAP,
        _opt("round_no", "UInt16", "round of the swing"),
        SEQ,
        _c("swing_no", "UInt16", "which swing of its message, from 0"),
        _c("player_id", "String", "the player"),
        _c("cause", NAME, "what moved the probability"),
        _c("credit", "Float64", "probability points, for the player's own team"),
        _c("p_a_before", "Float64", "chance of team A in the round before"),
        _c("p_a_after", "Float64", "chance of team A in the round after"),
        TS_EVENT,
        *RETRACTION,
    ),
    order_by=("match_id", "seq", "swing_no", "player_id"),
    version="version",
)

MATCH_STATES = Table(
    name="match_states",
    about="Full states of a match at round starts and every 256 seq: where a reader begins after its own restart.",
    columns=(
        MATCH,
        SEQ,
        _c("prev_seq", "UInt64", "seq of the message before it on this channel"),
        TS_EVENT,
        _text("state", "the state, JSON (game.state.MatchState)"),
        RECEIVED,
        _opt("processed_at", MOMENT, "when the stream had the result, UTC"),
        PUBLISHED,
        *POSITION,
        *RETRACTION,
    ),
    order_by=("match_id", "seq"),
    version="version",
    ttl_column="received_at",
    ttl_days=90,
    settings="index_granularity_bytes = 1048576",
)

RETRACTIONS = Table(
    name="retractions",
    about="What was withdrawn: messages of a channel from one seq to another.",
    columns=(
        MATCH,
        _c("channel", NAME, "topic whose messages are void"),
        _c("seq", "UInt64", "seq of the cause"),
        _c("from_seq", "UInt64", "first void seq"),
        _c("to_seq", "UInt64", "last void seq"),
        _c("reason", NAME, "why"),
        MAP,
        _opt("event_id", "String", "event that caused it"),
        _opt("processed_at", MOMENT, "when the stream withdrew, UTC"),
        PUBLISHED,
    ),
    order_by=("match_id", "channel", "seq", "from_seq"),
)

DEAD_LETTERS = Table(
    name="dead_letters",
    about="Records that are no event or no message of ours: why, where they stood, and the bytes.",
    columns=(
        _c("topic", NAME, "topic where it stood"),
        *POSITION,
        _opt("match_id", "String", "the match by the record's key"),
        _c("field", "String", "path of the field at fault; $ is the whole"),
        _c("reason", "String", "what is wrong with it"),
        _opt("source", NAME, "who sent it"),
        _opt("format", NAME, "encoding and dialect"),
        RECEIVED,
        Column(name="raw", type="String", about="the bytes", is_binary=True, codec="ZSTD(3)"),
    ),
    order_by=("received_at", "topic", "partition", "offset"),
    ttl_column="received_at",
    ttl_days=90,
)

SHADOW_PREDICTIONS = Table(
    name="shadow_predictions",
    about="What a challenger in shadow says beside the champion, on the very same live states; scored against "
    "cs2_round_metrics once the round is decided.",
    columns=(
        MATCH,
        _c("map_id", "String", "one map of the series"),
        _c("round_no", "UInt16", "running round"),
        SEQ,
        TS_EVENT,
        _c("round_time_s", "Float64", "seconds from the end of freeze time"),
        _c("event_id", "String", "the event that the champion's prediction follows"),
        _c("champion_version", NAME, "model that predicted on air"),
        _c("champion_hash", NAME, "SHA-256 of that model's files"),
        _c("champion_p_ct", "Float64", "its chance that CT wins the round, as published"),
        _c("challenger_version", NAME, "model in shadow"),
        _c("challenger_hash", NAME, "SHA-256 of that model's files"),
        _c("challenger_p_ct", "Float64", "its chance that CT wins the round, rounded as if published"),
        PUBLISHED,
        *RETRACTION,
    ),
    order_by=("match_id", "challenger_hash", "seq"),
    version="version",
)

TABLES: tuple[Table, ...] = (
    CS2_EVENTS_RAW,
    GAME_EVENTS,
    CS2_ROUND_METRICS,
    CS2_PREDICTIONS,
    PLAYER_STATS,
    SWINGS,
    MATCH_STATES,
    SHADOW_PREDICTIONS,
    RETRACTIONS,
    DEAD_LETTERS,
)


def table(name: str) -> Table:
    """The table of that name. Raises KeyError."""
    return {each.name: each for each in TABLES}[name]

"""Declares the tables of the lake: what each column holds, its unit, and its source.

Belongs here: declarations. Does not belong here: files (`files`), views (`views`), the rows: `raw` decides on received
records, `models.replay` on what is derived from them.
"""

import pyarrow as pa
from msgspec import Struct

SCHEMA_VERSION = 1
"""One version for all tables; files of a later version are refused by name."""
MOMENT = pa.timestamp("us", tz="UTC")
HEADERS = pa.map_(pa.string(), pa.string())


class Column(Struct, frozen=True, kw_only=True):
    """One column. `unit` is empty if it has none; `source` names the envelope, the broker or one of Midround's
    structs."""

    name: str
    type: pa.DataType
    about: str
    unit: str = ""
    source: str = ""
    is_nullable: bool = False


class LakeTable(Struct, frozen=True, kw_only=True):
    """One table. `per` says what a partition is: a `match`, or one `map` of a match."""

    name: str
    about: str
    per: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with each column's meaning in its metadata."""
        return pa.schema(
            [
                pa.field(c.name, c.type, nullable=c.is_nullable, metadata={"about": c.about, "unit": c.unit})
                for c in self.columns
            ]
        )


def _text(name: str, about: str, source: str) -> Column:
    return Column(name=name, type=pa.string(), about=about, source=source)


def _opt(name: str, of: pa.DataType, about: str, source: str, *, unit: str = "") -> Column:  # noqa: PLR0917 - a row
    return Column(name=name, type=of, about=about, source=source, unit=unit, is_nullable=True)


def _num(name: str, of: pa.DataType, about: str, source: str, *, unit: str = "") -> Column:  # noqa: PLR0917 - a row
    return Column(name=name, type=of, about=about, source=source, unit=unit)


I16, I32, I64, F64, BOOL, TEXT = pa.int16(), pa.int32(), pa.int64(), pa.float64(), pa.bool_(), pa.string()
ENVELOPE, BROKER, INTAKE = "envelope", "broker", "intake"
PROCESSED, PREDICTION = "game.messages.Processed", "game.messages.Prediction"
FEATURES, STATE = "game.features.Features", "game.state.MatchState"

MATCH = _text("match_id", "the series", ENVELOPE)
MAP = _text("map_id", "one map of the series", ENVELOPE)
SEQ = _num("seq", I64, "place of the event in its match, from 1, corrections counted", PROCESSED)
EVENT = _text("event_id", "the source's id of the event", ENVELOPE)
AT = _num("ts_event", MOMENT, "when it happened by its source, UTC", ENVELOPE)
ROUND = _opt("round_no", I32, "round that it was counted in, from 1; null outside of rounds", PROCESSED)
ROUND_TIME = _opt(
    "round_time_s", F64, "since the end of freeze time; null outside of live play", STATE, unit="s"
)

RAW_EVENTS = LakeTable(
    name="raw_events",
    about="What was received, as it came: the bytes with their place in the log. Nothing is ever changed here.",
    per="match",
    columns=(
        MATCH,
        _num("n", I64, "place in the match as it was received, from 0", BROKER),
        Column(name="raw", type=pa.binary(), about="the bytes, unchanged", source=INTAKE),
        Column(name="headers", type=HEADERS, about="all headers of the record", source=INTAKE),
        _opt("received_at", MOMENT, "arrival at intake, UTC; null for what was imported from files", INTAKE),
        _opt(
            "published_at", MOMENT, "when it was handed to the client of the log, UTC; null for files", BROKER
        ),
        _opt("topic", TEXT, "topic of the record; null for files", BROKER),
        _opt("partition", I32, "partition of the record; null for files", BROKER),
        _opt("offset", I64, "offset of the record; null for files", BROKER),
        _opt("file", TEXT, "file that it was imported from; null for the log", "import"),
        _opt("event_id", TEXT, "the source's id of the event; null where the bytes are none", ENVELOPE),
        _opt("map_id", TEXT, "one map of the series", ENVELOPE),
        _opt("round_no", I32, "round that the source names", ENVELOPE),
        _opt("type", TEXT, "type of the event; null where the bytes are none", ENVELOPE),
        _opt("ts_event", MOMENT, "when it happened by its source, UTC", ENVELOPE),
    ),
)

FACTS = LakeTable(
    name="facts",
    about="What is known after each event, and still holds: one row a fact, corrections applied.",
    per="map",
    columns=(
        MATCH,
        MAP,
        ROUND,
        SEQ,
        _num("fact_no", I32, "which fact of its event, from 0", PROCESSED),
        EVENT,
        AT,
        _text("type", "type of the event", ENVELOPE),
        _text("match_tag", "warmup, knife, live, overtime or over", STATE),
        _num("is_post_round", BOOL, "after the round was decided", STATE),
        _text("fact", "name of the fact", "game.facts"),
        _text("body", "the fact, JSON with its fields as game.facts has them", "game.facts"),
    ),
)

STATES = LakeTable(
    name="states",
    about="Live play as the round model sees it, on two grids that are different tests: `clock` at each whole second "
    "of round time, `event` after each kill, plant and begun or aborted defuse. Never compare across the grids.",
    per="map",
    columns=(
        MATCH,
        MAP,
        _opt("map_name", TEXT, "such as de_mirage", STATE),
        _num("round_no", I32, "round, from 1", STATE),
        SEQ,
        EVENT,
        AT,
        _text("grid", "clock or event", "models.dataset"),
        _num("round_time_s", F64, "since the end of freeze time", STATE, unit="s"),
        _text("a_side", "side of team A in this round: ct or t", STATE),
        _num("score_a", I32, "rounds of team A before this one", STATE, unit="rounds"),
        _num("score_b", I32, "rounds of team B before this one", STATE, unit="rounds"),
        _num("is_overtime", BOOL, "round of an overtime", STATE),
        _num("ct_alive", I16, "living players of CT", FEATURES, unit="players"),
        _num("t_alive", I16, "living players of T", FEATURES, unit="players"),
        _num("ct_hp", I16, "their health, summed", FEATURES, unit="hp"),
        _num("t_hp", I16, "their health, summed", FEATURES, unit="hp"),
        _num("ct_armor", I16, "their armour, summed", FEATURES, unit="armour points"),
        _num("t_armor", I16, "their armour, summed", FEATURES, unit="armour points"),
        _num("ct_helmets", I16, "their helmets", FEATURES, unit="helmets"),
        _num("t_helmets", I16, "their helmets", FEATURES, unit="helmets"),
        _num("ct_equipment", I32, "value at freeze end of the living", FEATURES, unit="$"),
        _num("t_equipment", I32, "value at freeze end of the living", FEATURES, unit="$"),
        _num("ct_grenades", I16, "grenades that they hold", FEATURES, unit="grenades"),
        _num("t_grenades", I16, "grenades that they hold", FEATURES, unit="grenades"),
        _num("ct_primaries", I16, "primary weapons that they hold", FEATURES, unit="weapons"),
        _num("t_primaries", I16, "primary weapons that they hold", FEATURES, unit="weapons"),
        _num("ct_kits", I16, "defuse kits that CT hold", FEATURES, unit="kits"),
        _num("is_planted", BOOL, "the bomb ticks", FEATURES),
        _num("round_left_s", F64, "left of the round; 0 once planted", FEATURES, unit="s"),
        _num("bomb_left_s", F64, "left on the bomb; 0 unless planted", FEATURES, unit="s"),
        _num("is_pistol", BOOL, "first round of a half", FEATURES),
        _num("is_defusing", BOOL, "somebody defuses", FEATURES),
        _num("can_defuse_finish", BOOL, "the running defuse can end before the bomb", FEATURES),
        _num("defuse_progress", F64, "share of the defuse that is done, 0 to 1", FEATURES),
        _opt(
            "ct_won",
            BOOL,
            "whether CT won the round; null where it was never decided",
            "game.facts.RoundDecided",
        ),
    ),
)

ROUND_STARTS = LakeTable(
    name="round_starts",
    about="The decided rounds of each map as they started, and who won: what the map model is counted from.",
    per="map",
    columns=(
        MATCH,
        MAP,
        _opt("map_name", TEXT, "such as de_mirage", STATE),
        _num("round_no", I32, "round, from 1", STATE),
        _num("score_a", I32, "rounds of team A before this one", STATE, unit="rounds"),
        _num("score_b", I32, "rounds of team B before this one", STATE, unit="rounds"),
        _text("a_side", "side of team A in this round: ct or t", STATE),
        _num("is_pistol", BOOL, "first round of a half", STATE),
        _num("is_overtime", BOOL, "round of an overtime", STATE),
        _num(
            "ct_equipment", I32, "of CT at the end of freeze time; 0 where it was never told", STATE, unit="$"
        ),
        _num(
            "t_equipment", I32, "of T at the end of freeze time; 0 where it was never told", STATE, unit="$"
        ),
        _num("ct_won", BOOL, "whether CT won", STATE),
    ),
)

PREDICTIONS = LakeTable(
    name="predictions",
    about="Every prediction that follows from the events and still holds, with what its receipt proves.",
    per="map",
    columns=(
        MATCH,
        MAP,
        _opt("map_name", TEXT, "such as de_mirage", STATE),
        ROUND,
        SEQ,
        EVENT,
        AT,
        ROUND_TIME,
        *(
            _num(f"{horizon}_{name}", F64, f"{about}, {horizon}", PREDICTION)
            for horizon in ("round", "map", "series")
            for name, about in (
                ("p_a", "chance of team A"),
                ("lo", "lower end of its 90 % interval"),
                ("hi", "upper end of its 90 % interval"),
            )
        ),
        _opt("round_p_ct", F64, "chance of CT in the round", PREDICTION),
        _text("model_version", "name of the model", "game.messages.Receipt"),
        _text("model_hash", "hash of its predictive files", "game.messages.Receipt"),
        _text("digest", "digest of the receipt", "game.messages.Receipt"),
        _text("previous", "digest of the receipt before it in the match", "game.messages.Receipt"),
    ),
)

QUALITY = LakeTable(
    name="quality",
    about="The scorecard of each map: what it came to and what was wrong with its feed.",
    per="map",
    columns=(
        MATCH,
        MAP,
        _opt("map_name", TEXT, "such as de_mirage", STATE),
        _num("map_number", I32, "which map of the series, from 1", STATE),
        _text(
            "finality",
            "provisional: not decided yet; final: decided; amended: changed after it was final",
            "lake",
        ),
        _num("revision", I32, "how often it was derived with another result, from 0", "lake"),
        _opt("name_a", TEXT, "name of team A", STATE),
        _opt("name_b", TEXT, "name of team B", STATE),
        _num("score_a", I32, "rounds of team A", STATE, unit="rounds"),
        _num("score_b", I32, "rounds of team B", STATE, unit="rounds"),
        _num("rounds", I32, "rounds that were decided", STATE, unit="rounds"),
        _num("events", I64, "events that still hold", PROCESSED, unit="events"),
        _num("facts", I64, "facts that still hold", PROCESSED, unit="facts"),
        _num("predictions", I64, "predictions that still hold", PREDICTION, unit="predictions"),
        _text(
            "predictions_digest",
            "digest of the last receipt, which covers all before it; empty without one",
            "models.receipt",
        ),
        _text(
            "facts_digest",
            "SHA-256 over the facts: stream, batch and `midround fold` give the same",
            "models.digest",
        ),
        _opt("first_at", MOMENT, "first event of the map, UTC", ENVELOPE),
        _opt("last_at", MOMENT, "last event of the map, UTC", ENVELOPE),
        _num("duplicates", I64, "events of the match that came again", "game.sequence", unit="events"),
        _num("late", I64, "events of the match that came after a later one", "game.sequence", unit="events"),
        _num(
            "stale",
            I64,
            "events of the match that came too late and are told nowhere",
            "game.sequence",
            unit="events",
        ),
        _num("holes", I64, "numbers of the match's sources that never came", "game.sequence", unit="events"),
        _num("unreadable", I64, "records of the match that are no event", "game.codec", unit="records"),
        _num("breaches", I64, "quality facts of the map", "game.quality", unit="facts"),
        _text("rules", "breaches by rule, JSON", "game.quality"),
        _opt("model_hash", TEXT, "model of the last prediction", "game.messages.Receipt"),
    ),
)

PARITY = LakeTable(
    name="parity",
    about="What batch and stream said of each map, when they were compared last. It speaks of the facts that it names: "
    "of others, which came later, nothing is known until they are compared.",
    per="map",
    columns=(
        MATCH,
        MAP,
        _text(
            "verdict",
            "holds, differs, not told by the stream, or came from files: nobody published it",
            "orchestration.parity",
        ),
        _text("facts_digest", "the facts by batch, as the scorecard had them", "models.digest"),
        _opt("stream_digest", TEXT, "the facts that the stream published; null for none", "models.digest"),
        _num("events", I64, "events by batch that still held", PROCESSED, unit="events"),
        _num(
            "stream_events",
            I64,
            "events that the stream published and did not take back",
            PROCESSED,
            unit="events",
        ),
    ),
)

AMENDMENTS = LakeTable(
    name="amendments",
    about="What became of each match when it was asked last whether it has to be told anew through the log. It speaks "
    "of the raw events that it names: with later ones the question is asked again.",
    per="match",
    columns=(
        MATCH,
        _text(
            "outcome",
            "as published, amended, came from files, or why it had to wait or is left as it is",
            "orchestration.amending",
        ),
        _text("reason", "why the log's own telling is not the best one, or none", "models.telling"),
        _text("changed", "maps whose facts differ from those that were published, or none", "models.telling"),
        _num("sent", I64, "parts that were appended", "orchestration.amending", unit="records"),
    ),
)

TABLES: tuple[LakeTable, ...] = (
    RAW_EVENTS,
    FACTS,
    STATES,
    ROUND_STARTS,
    PREDICTIONS,
    QUALITY,
    PARITY,
    AMENDMENTS,
)
DERIVED: tuple[LakeTable, ...] = (FACTS, STATES, ROUND_STARTS, PREDICTIONS, QUALITY)


def table(name: str) -> LakeTable:
    """The table of that name. Raises KeyError."""
    return {each.name: each for each in TABLES}[name]

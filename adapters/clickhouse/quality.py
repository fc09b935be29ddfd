"""Declares the table of scorecards in the store.

Belongs here: the declaration. Does not belong here: the rows (`orchestration.scorecards`).

The lake has the same columns (`adapters.lake.tables`); a test keeps both in step.
"""

from adapters.clickhouse.mart_columns import MAP, MATCH, TEXT, VERSIONED, WHOLE, counts, held, maybe
from adapters.clickhouse.tables import MOMENT, NAME, Table

QUALITY = Table(
    name="quality",
    about="The scorecard of each map that the batch path derived: what it came to, how final it is, what was wrong "
    "with its feed. Counts of the feed are those of the whole match.",
    columns=(
        MATCH,
        MAP,
        held("date", TEXT, "UTC day of the match's first event, as its partition has it"),
        maybe("map_name", NAME, "such as de_mirage"),
        held("map_number", WHOLE, "which map of the series, from 1"),
        held(
            "finality",
            NAME,
            "provisional: not decided yet; final: decided; amended: changed after it was final",
        ),
        held("revision", WHOLE, "how often it was derived with another result, from 0"),
        maybe("name_a", TEXT, "name of team A"),
        maybe("name_b", TEXT, "name of team B"),
        held("score_a", WHOLE, "rounds of team A"),
        held("score_b", WHOLE, "rounds of team B"),
        held("rounds", WHOLE, "rounds that were decided"),
        *counts(
            events="events that still hold",
            facts="facts that still hold",
            predictions="predictions that still hold",
        ),
        held(
            "predictions_digest",
            TEXT,
            "digest of the last receipt, which covers all before it; empty without one",
        ),
        held("facts_digest", TEXT, "SHA-256 over the facts: stream, batch and `midround fold` give the same"),
        maybe("first_at", MOMENT, "first event of the map, UTC"),
        maybe("last_at", MOMENT, "last event of the map, UTC"),
        *counts(
            duplicates="events of the match that came again",
            late="events of the match that came after a later one",
            stale="events of the match that came too late and are told nowhere",
            holes="numbers of the match's sources that never came",
            unreadable="records of the match that are no event",
            breaches="quality facts of the map",
        ),
        held("rules", TEXT, "breaches by rule, JSON"),
        maybe("model_hash", NAME, "model of the last prediction"),
        *VERSIONED,
    ),
    order_by=("match_id", "map_id"),
    version="version",
)

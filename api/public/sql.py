"""Every query that the API sends to the store, as SQL.

Belongs here: SQL. Does not belong here: turning rows into resources (`store`). Most tables are read with FINAL, so that
a row delivered twice counts once, and, except by RECEIPT, without retracted rows. Values are bound by `{name:Type}`.
"""

VIEWS = """
SELECT match_id, seq, prev_seq, state, ts_event
FROM match_states FINAL
WHERE is_retracted = 0 AND (match_id, seq) IN (
    SELECT match_id, max(s.seq) FROM match_states AS s FINAL
    WHERE is_retracted = 0
    GROUP BY match_id
    ORDER BY max(published_at) DESC
    LIMIT {limit:UInt32}
)
ORDER BY published_at DESC
LIMIT {limit:UInt32}
"""
"""Selects the states by the narrow columns first: the state texts are most of the table."""

VIEW = """
SELECT match_id, seq, prev_seq, state, ts_event
FROM match_states FINAL
WHERE match_id = {match_id:String} AND is_retracted = 0
ORDER BY seq DESC
LIMIT 1
"""

EVENTS = """
SELECT match_id, seq, event_id, map_id, round_no, ts_event, type, source, match_tag, is_post_round, payload, facts,
       corrects, received_at, processed_at
FROM game_events FINAL
WHERE match_id = {match_id:String} AND seq >= {from_seq:UInt64} AND is_retracted = 0
  AND ({type:String} = '' OR type = {type:String})
ORDER BY seq
LIMIT {limit:UInt32}
"""

EVENTS_THROUGH = "SELECT max(seq) AS seq FROM game_events WHERE match_id = {match_id:String}"

PREDICTIONS = """
SELECT message
FROM cs2_predictions FINAL
WHERE match_id = {match_id:String} AND seq >= {from_seq:UInt64} AND is_retracted = 0
ORDER BY seq
LIMIT {limit:UInt32}
"""

THINNED = """
SELECT max(seq) AS seq, argMax(ts_event, c.seq) AS ts_event, argMax(map_id, c.seq) AS map_id,
       argMax(round_no, c.seq) AS round_no,
       argMax((round_p_a, round_lo, round_hi), c.seq) AS round, argMax((map_p_a, map_lo, map_hi), c.seq) AS map,
       argMax((series_p_a, series_lo, series_hi), c.seq) AS series
FROM cs2_predictions AS c FINAL
WHERE match_id = {match_id:String} AND c.seq >= {from_seq:UInt64} AND is_retracted = 0
GROUP BY intDiv(toUnixTimestamp64Milli(c.ts_event), {resolution_ms:UInt32})
ORDER BY seq
LIMIT {limit:UInt32}
"""
"""The last prediction of each interval of event time."""

PREDICTIONS_THROUGH = "SELECT max(seq) AS seq FROM cs2_predictions WHERE match_id = {match_id:String}"

LATEST_PREDICTION = """
SELECT message
FROM cs2_predictions FINAL
WHERE match_id = {match_id:String} AND is_retracted = 0
ORDER BY seq DESC
LIMIT 1
"""

PREDICTION_BEFORE = """
SELECT message
FROM cs2_predictions FINAL
WHERE match_id = {match_id:String} AND seq < {seq:UInt64} AND is_retracted = 0
ORDER BY seq DESC
LIMIT 1
"""
"""The newest valid prediction before this one."""

RECEIPT = """
SELECT message
FROM cs2_predictions
WHERE match_id = {match_id:String} AND receipt_id = {receipt_id:String}
LIMIT 1
"""

SWINGS = """
SELECT match_id, seq, any(map_id) AS map_id, any(round_no) AS round_no, any(ts_event) AS ts_event,
       groupArray((swing_no, cause, p_a_before, p_a_after, player_id, credit)) AS credits
FROM (
    SELECT * FROM swings FINAL
    WHERE match_id = {match_id:String} AND seq >= {from_seq:UInt64} AND is_retracted = 0
    ORDER BY seq, swing_no, player_id
)
GROUP BY match_id, seq
ORDER BY seq
LIMIT {limit:UInt32}
"""

HIGHLIGHTS = """
SELECT match_id, seq, any(map_id) AS map_id, any(round_no) AS round_no, any(ts_event) AS ts_event,
       groupArray((swing_no, cause, p_a_before, p_a_after, player_id, credit)) AS credits
FROM (SELECT * FROM swings FINAL WHERE match_id = {match_id:String} AND is_retracted = 0)
GROUP BY match_id, seq
ORDER BY max(abs(p_a_after - p_a_before)) DESC, seq
LIMIT {limit:UInt32}
"""

TIMELINE = """
SELECT seq, ts_event, type, map_id, round_no, payload, round_time_s, round_p_a, map_p_a, series_p_a
FROM (
    SELECT seq, ts_event, type, map_id, round_no, payload FROM game_events FINAL
    WHERE match_id = {match_id:String} AND seq >= {from_seq:UInt64} AND is_retracted = 0
      AND type IN {types:Array(String)} AND (type != 'kill' OR match_tag NOT IN ('warmup', 'knife'))
    ORDER BY seq
    LIMIT {limit:UInt32}
) AS e LEFT JOIN (
    SELECT seq, round_time_s, round_p_a, map_p_a, series_p_a FROM cs2_predictions FINAL
    WHERE match_id = {match_id:String} AND seq >= {from_seq:UInt64} AND is_retracted = 0
) AS p USING (seq)
ORDER BY seq
SETTINGS join_use_nulls = 1
"""

ROUNDS = """
SELECT r.map_id AS map_id, round_no, winner_team, winner_side, reason, score_a, score_b, a_side, is_pistol,
       is_overtime, equipment_a, equipment_b, economy_a, economy_b, duration_s, kills_a, kills_b, headshots,
       is_bomb_planted, site, survivors, started_at, ended_at
FROM cs2_round_metrics AS r FINAL
WHERE match_id = {match_id:String} AND is_retracted = 0
ORDER BY min(seq) OVER (PARTITION BY r.map_id), round_no
"""

PLAYERS = """
SELECT player_id, map_id, argMax(seq, p.seq) AS seq, argMax(rounds, p.seq) AS rounds, argMax(stats, p.seq) AS stats
FROM player_stats AS p FINAL
WHERE match_id = {match_id:String} AND scope = {scope:String} AND is_retracted = 0
GROUP BY player_id, map_id
ORDER BY seq
"""

SHADOWED = """
SELECT s.match_id AS match_id, s.map_id AS map_id, s.round_no AS round_no, round_time_s, champion_version,
       champion_hash, champion_p_ct, challenger_version, challenger_hash, challenger_p_ct, winner_side
FROM (SELECT * FROM shadow_predictions FINAL WHERE is_retracted = 0) AS s
INNER JOIN (SELECT * FROM cs2_round_metrics FINAL WHERE is_retracted = 0) AS r
    ON s.match_id = r.match_id AND s.map_id = r.map_id AND s.round_no = r.round_no
WHERE (s.match_id, s.seq) IN (SELECT match_id, seq FROM cs2_predictions FINAL WHERE is_retracted = 0)
ORDER BY match_id, map_id, s.seq, challenger_hash
"""
"""Every live state of a decided round with answers of both models, if the champion's prediction is not retracted: a
shadow that was down may have missed the retraction."""

INTAKE_LATENCY = """
SELECT count() AS messages, quantilesExact(0.5, 0.95, 0.99)(
    greatest(0, dateDiff('microsecond', received_at, published_at)) / 1000) AS ms
FROM cs2_events_raw
WHERE received_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC') AND mapContains(headers, 'received_at')
"""
"""From arrival at the intake to handover to the Kafka client. Without the header a record has only one timestamp."""

OF_NO_MATCH = frozenset({INTAKE_LATENCY})
"""Queries whose result reveals nothing of single matches: clients limited to some matches may run them too."""


def _standing(table: str) -> str:
    """Condition for rows not retracted, without FINAL, which over all matches would merge the whole table."""
    return f"is_retracted = 0 AND (match_id, seq) NOT IN (SELECT match_id, seq FROM {table} WHERE is_retracted = 1)"


COVERED_MAPS = f"""
SELECT map_name, uniqExact(match_id) AS matches, uniqExact(match_id, map_id) AS maps, count() AS rounds,
       countIf(coalesce(economy_a, 'unknown') != 'unknown' AND coalesce(economy_b, 'unknown') != 'unknown')
           AS economy,
       sum(positions) AS positions, sum(damage) AS damage, sum(utility) AS utility,
       countIf((match_id, map_id, round_no) IN (
           SELECT match_id, map_id, assumeNotNull(round_no) FROM cs2_predictions
           WHERE {_standing("cs2_predictions")} AND round_no IS NOT NULL AND round_time_s IS NOT NULL)) AS predictions,
       min(ended_at) AS first_at, max(ended_at) AS last_at
FROM (SELECT match_id, map_id, round_no, economy_a, economy_b, ended_at
      FROM cs2_round_metrics FINAL WHERE is_retracted = 0) AS r
LEFT JOIN (
    SELECT match_id, assumeNotNull(map_id) AS map_id, assumeNotNull(round_no) AS round_no,
           max(type = 'position_sample') AS positions, max(type = 'damage') AS damage,
           max(type IN ('grenade_thrown', 'grenade_detonated', 'blind')) AS utility
    FROM game_events
    WHERE {_standing("game_events")} AND map_id IS NOT NULL AND round_no IS NOT NULL
      AND type IN ('position_sample', 'damage', 'grenade_thrown', 'grenade_detonated', 'blind')
    GROUP BY match_id, map_id, round_no
) AS e USING (match_id, map_id, round_no)
LEFT JOIN (
    SELECT match_id, assumeNotNull(map_id) AS map_id,
           argMax(JSONExtractString(payload, 'map_name'), m.seq) AS map_name
    FROM game_events AS m
    WHERE {_standing("game_events")} AND map_id IS NOT NULL AND type = 'map_started'
    GROUP BY match_id, map_id
) AS n USING (match_id, map_id)
GROUP BY map_name
ORDER BY rounds DESC, map_name
"""
"""Decided rounds by map name, and how many of them have each kind of data."""

COVERED_SOURCES = f"""
SELECT source, count() AS matches, sum(n) AS events, min(first) AS first_at, max(last) AS last_at
FROM (
    SELECT match_id, source, uniqExact(seq) AS n, min(ts_event) AS first, max(ts_event) AS last
    FROM game_events WHERE {_standing("game_events")} AND source NOT IN {{ours:Array(String)}}
    GROUP BY match_id, source
)
GROUP BY source
ORDER BY events DESC, source
SETTINGS optimize_aggregation_in_order = 1
"""
"""A row delivered twice counts once. Aggregated match by match, in the table's order, to need little memory."""

DEAD_LETTER_REASONS = """
SELECT topic, field, reason, count() AS letters, max(received_at) AS last_at, sum(count()) OVER () AS total
FROM dead_letters FINAL
WHERE received_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
GROUP BY topic, field, reason
ORDER BY letters DESC, last_at DESC, topic, field, reason
LIMIT {reasons:UInt32}
"""

_LAST_LETTERS = """
    SELECT DISTINCT received_at, topic, partition, offset, coalesce(match_id, '') AS match
    FROM dead_letters
    WHERE received_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
    ORDER BY received_at DESC, topic, partition, offset
    LIMIT {limit:UInt32}
"""
"""Selects the dead letters by the narrow columns: their bytes are most of the table."""

DEAD_LETTERS = f"""
WITH last AS ({_LAST_LETTERS})
SELECT * FROM (
    SELECT topic, partition, offset, match_id, field, reason, source, format, received_at, length(raw) AS size_bytes
    FROM dead_letters FINAL
    WHERE (received_at, topic, partition, offset) IN (SELECT received_at, topic, partition, offset FROM last)
) AS letters LEFT JOIN (
    SELECT topic, partition, offset, any(source_position) AS source_position FROM cs2_events_raw
    WHERE received_at >= fromUnixTimestamp64Milli({{since_ms:Int64}}, 'UTC')
      AND match_id IN (SELECT match FROM last)
      AND (topic, partition, offset) IN (SELECT topic, partition, offset FROM last)
    GROUP BY topic, partition, offset
) AS raw USING (topic, partition, offset)
ORDER BY received_at DESC, topic, partition, offset
"""
"""The latest dead letters with their position in the source, without their bytes."""

QUALITY_SUMS = """
SELECT uniqExact(match_id) AS matches, sum(maps) AS maps, sum(provisional) AS provisional, sum(final) AS final,
       sum(amended) AS amended, sum(breaches) AS breaches, sum(duplicates) AS duplicates, sum(late) AS late,
       sum(stale) AS stale, sum(holes) AS holes, sum(unreadable) AS unreadable
FROM (
    SELECT match_id, count() AS maps, countIf(finality = 'provisional') AS provisional,
           countIf(finality = 'final') AS final, countIf(finality = 'amended') AS amended,
           sum(q.breaches) AS breaches, max(q.duplicates) AS duplicates, max(q.late) AS late, max(q.stale) AS stale,
           max(q.holes) AS holes, max(q.unreadable) AS unreadable
    FROM quality AS q FINAL
    WHERE is_retracted = 0
    GROUP BY match_id
)
"""
"""Sums over all scorecards. The feed counts of a match are repeated on each of its maps, hence the maximum."""

OUTCOMES = {
    "round": """
    SELECT match_id, map_id, round_no, winner_team = 'A' AS won FROM cs2_round_metrics FINAL WHERE is_retracted = 0""",
    "map": """
    SELECT match_id, map_id, argMax(map_p_a, c.seq) AS won FROM cs2_predictions AS c FINAL WHERE is_retracted = 0
    GROUP BY match_id, map_id HAVING won IN (0, 1)""",
    "series": """
    SELECT match_id, argMax(series_p_a, c.seq) AS won FROM cs2_predictions AS c FINAL WHERE is_retracted = 0
    GROUP BY match_id HAVING won IN (0, 1)""",
}
"""Outcome of each horizon for team A, where decided: a decided map or series has a probability of exactly 0 or 1."""
_UNITS = {"round": "match_id, map_id, round_no", "map": "match_id, map_id", "series": "match_id"}
SLICES = {
    "none": "''",
    "map": "coalesce(map_name, 'unknown')",
    "outside": "if(JSONExtractString(message, 'outside') = '', 'inside', 'outside')",
    "pistol": "if(is_pistol, 'pistol', 'other')",
    "overtime": "if(is_overtime, 'overtime', 'regular')",
    "buys": "concat(coalesce(economy_a, 'unknown'), ' against ', coalesce(economy_b, 'unknown'))",
}
"""Slices by which a reliability table may be split."""


def reliability(horizon: str, slice_: str) -> str:
    """Sums by model, slice and bin over every prediction of live play whose `horizon` is decided. Shares, log loss and
    their cluster-robust errors (by round, map or series) follow from them."""
    unit = _UNITS[horizon]
    return f"""
SELECT model_version, model_hash, slice, bin, count() AS units, sum(n) AS states, sum(sp) AS p, sum(sw) AS won,
       sum(loss) AS loss, sum(sw * sw) AS won_won, sum(sw * n) AS won_n, sum(n * n) AS n_n
FROM (
    SELECT model_version, model_hash, {SLICES[slice_]} AS slice,
           least(toUInt32(floor({horizon}_p_a * {{bins:UInt32}})), {{bins:UInt32}} - 1) AS bin,
           count() AS n, sum({horizon}_p_a) AS sp, sum(won) AS sw,
           sum(-log(greatest(if(won = 1, {horizon}_p_a, 1 - {horizon}_p_a), 0.0001))) AS loss
    FROM (
        SELECT * FROM (
            SELECT match_id, map_id, round_no, model_version, model_hash, map_name, message, {horizon}_p_a
            FROM cs2_predictions FINAL WHERE is_retracted = 0 AND round_time_s IS NOT NULL
        ) AS said LEFT JOIN (
            SELECT match_id, map_id, round_no, is_pistol, is_overtime, economy_a, economy_b
            FROM cs2_round_metrics FINAL WHERE is_retracted = 0
        ) AS metrics USING (match_id, map_id, round_no)
    ) AS p INNER JOIN ({OUTCOMES[horizon]}
    ) AS o USING ({unit})
    WHERE {{model_version:String}} IN ('', model_version)
    GROUP BY model_version, model_hash, slice, bin, {unit}
)
GROUP BY model_version, model_hash, slice, bin
ORDER BY model_version, model_hash, slice, bin
"""


_LAST_LINES = """
    SELECT player_id, match_id, map_id, scope, argMax(stats, p.seq) AS stats, argMax(rounds, p.seq) AS rounds,
           argMax(ts_event, p.seq) AS ts_event
    FROM player_stats AS p FINAL
    WHERE scope IN {scopes:Array(String)} AND is_retracted = 0
      AND ({player_id:String} = '' OR player_id = {player_id:String})
    GROUP BY player_id, match_id, map_id, scope
"""

CAREER = (
    _LAST_LINES
    + """
ORDER BY ts_event DESC, match_id, map_id, scope
"""
)
"""A player's last statistics of each map, one row for each of `scopes`, latest map first."""

LEADERS = f"""
SELECT player_id, count() AS maps, sum(rounds) AS rounds_played, sum(value) AS total,
       sum(value * rounds) / sum(rounds) AS mean
FROM (SELECT player_id, rounds, stats[{{stat_id:String}}] AS value FROM ({_LAST_LINES}) WHERE rounds > 0)
GROUP BY player_id
HAVING rounds_played >= {{least_rounds:UInt32}}
ORDER BY if({{is_sum:Bool}}, total, mean) DESC, player_id
LIMIT {{skip:UInt32}}, {{limit:UInt32}}
"""
"""Players by one statistic over all their maps: the sum if it is a count, else the mean weighted by rounds."""

SWING_LEADERS = """
SELECT player_id, uniqExact(match_id, map_id, round_no) AS rounds_played, sum(credit) AS total,
       total / rounds_played AS mean, max(credit) AS best,
       argMax((match_id, map_id, round_no, seq, cause, p_a_before, p_a_after, ts_event), (credit, -toInt64(seq)))
       AS moment
FROM swings FINAL
WHERE is_retracted = 0
GROUP BY player_id
HAVING rounds_played >= {least_rounds:UInt32}
ORDER BY multiIf({by:String} = 'total', total, {by:String} = 'round', mean, best) DESC, player_id
LIMIT {skip:UInt32}, {limit:UInt32}
"""
"""Players by the win probability credited to them, each with the moment of his largest credit."""

EXPORTS = {
    "events": """
SELECT seq, event_id, map_id, round_no, ts_event, type, source, match_tag, is_post_round, payload, facts, corrects
FROM game_events FINAL
WHERE match_id = {match_id:String} AND is_retracted = 0 AND seq > {after_seq:UInt64}
ORDER BY seq LIMIT {limit:UInt32}
""",
    "predictions": """
SELECT seq, ts_event, event_id, map_id, map_name, round_no, round_time_s, round_p_a, round_lo, round_hi, map_p_a,
       map_lo, map_hi, series_p_a, series_lo, series_hi, model_version, model_hash, receipt_id, digest
FROM cs2_predictions FINAL
WHERE match_id = {match_id:String} AND is_retracted = 0 AND seq > {after_seq:UInt64}
ORDER BY seq LIMIT {limit:UInt32}
""",
    "rounds": ROUNDS,
    "players": """
SELECT map_id, player_id, scope, argMax(rounds, p.seq) AS rounds, definition, argMax(value, p.seq) AS value
FROM (
    SELECT map_id, player_id, scope, seq, rounds, stat.1 AS definition, stat.2 AS value
    FROM player_stats FINAL ARRAY JOIN CAST(stats, 'Array(Tuple(String, Float64))') AS stat
    WHERE match_id = {match_id:String} AND is_retracted = 0
) AS p
WHERE (map_id, player_id, scope, definition)
      > ({after_map_id:String}, {after_player_id:String}, {after_scope:String}, {after_definition:String})
GROUP BY map_id, player_id, scope, definition
ORDER BY map_id, player_id, scope, definition LIMIT {limit:UInt32}
""",
    "swings": """
SELECT seq, swing_no, map_id, round_no, ts_event, cause, p_a_before, p_a_after, player_id, credit
FROM swings FINAL
WHERE match_id = {match_id:String} AND is_retracted = 0
  AND (seq, swing_no, player_id) > ({after_seq:UInt64}, {after_swing_no:UInt64}, {after_player_id:String})
ORDER BY seq, swing_no, player_id LIMIT {limit:UInt32}
""",
}
"""Whole tables of one match, one page of rows after a place; the rounds of a match are a single page."""

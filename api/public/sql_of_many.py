"""Queries of `sql` about one match, for many matches at once, as a GraphQL operation needs them.

Belongs here: SQL. Does not belong here: turning rows into resources (`store`).
"""

VIEWS = """
SELECT match_id, seq, prev_seq, state, ts_event
FROM match_states FINAL
WHERE match_id IN {match_ids:Array(String)} AND is_retracted = 0 AND (match_id, seq) IN (
    SELECT match_id, max(s.seq) FROM match_states AS s FINAL
    WHERE match_id IN {match_ids:Array(String)} AND is_retracted = 0
    GROUP BY match_id
)
"""
"""Selects the states by the narrow columns first, as in `sql.VIEWS`."""

LATEST_PREDICTIONS = """
SELECT match_id, message
FROM cs2_predictions FINAL
WHERE match_id IN {match_ids:Array(String)} AND is_retracted = 0 AND (match_id, seq) IN (
    SELECT match_id, max(p.seq) FROM cs2_predictions AS p FINAL
    WHERE match_id IN {match_ids:Array(String)} AND is_retracted = 0
    GROUP BY match_id
)
"""

ROUNDS = """
SELECT match_id, r.map_id AS map_id, round_no, winner_team, winner_side, reason, score_a, score_b, a_side, is_pistol,
       is_overtime, equipment_a, equipment_b, economy_a, economy_b, duration_s, kills_a, kills_b, headshots,
       is_bomb_planted, site, survivors, started_at, ended_at
FROM cs2_round_metrics AS r FINAL
WHERE match_id IN {match_ids:Array(String)} AND is_retracted = 0
ORDER BY match_id, min(seq) OVER (PARTITION BY match_id, r.map_id), round_no
"""

PLAYERS = """
SELECT match_id, player_id, map_id, argMax(seq, p.seq) AS seq, argMax(rounds, p.seq) AS rounds,
       argMax(stats, p.seq) AS stats
FROM player_stats AS p FINAL
WHERE match_id IN {match_ids:Array(String)} AND scope = {scope:String} AND is_retracted = 0
GROUP BY match_id, player_id, map_id
ORDER BY match_id, seq
"""

QUALITY = """
SELECT match_id, map_id, date, map_name, map_number, finality, revision, name_a, name_b, score_a, score_b, rounds,
       events, facts, predictions, predictions_digest, facts_digest, first_at, last_at, duplicates, late, stale, holes,
       unreadable, breaches, rules, model_hash
FROM quality FINAL
WHERE match_id IN {match_ids:Array(String)} AND is_retracted = 0
ORDER BY match_id, map_number
"""

"""Every question that the API asks the store, as SQL. Nothing else: rows become resources in `store`.

All tables are read with FINAL, so that a row that was delivered twice is one, and without what was withdrawn. Values
are bound by `{name:Type}`.
"""

VIEWS = """
SELECT match_id, max(seq) AS seq, argMax(prev_seq, s.seq) AS prev_seq, argMax(state, s.seq) AS state,
       argMax(ts_event, s.seq) AS ts_event
FROM match_states AS s FINAL
WHERE is_retracted = 0
GROUP BY match_id
ORDER BY max(published_at) DESC
LIMIT {limit:UInt32}
"""

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

PREDICTIONS_THROUGH = "SELECT max(seq) AS seq FROM cs2_predictions WHERE match_id = {match_id:String}"

LATEST_PREDICTION = """
SELECT message
FROM cs2_predictions FINAL
WHERE match_id = {match_id:String} AND is_retracted = 0
ORDER BY seq DESC
LIMIT 1
"""

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

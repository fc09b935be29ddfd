-- Written by `midround schema export` from adapters/clickhouse/tables.py; do not edit.
CREATE DATABASE IF NOT EXISTS `midround` ENGINE = Atomic;

USE `midround`;

CREATE TABLE IF NOT EXISTS `schema_migrations`
(
    `applied_at` DateTime64(6, 'UTC') COMMENT 'when, UTC',
    `table` LowCardinality(String) COMMENT 'table that was changed',
    `statement` String COMMENT 'the statement that was run'
)
ENGINE = ReplacingMergeTree
ORDER BY (`applied_at`, `table`, `statement`)
COMMENT 'Changes made to this store, in order; written by the program at its start.';

CREATE TABLE IF NOT EXISTS `cs2_events_raw`
(
    `match_id` String COMMENT 'the series',
    `source` LowCardinality(String) COMMENT 'who sent it, by the header; empty if unnamed',
    `format` LowCardinality(String) COMMENT 'encoding and dialect by the header, such as native+json',
    `session` Nullable(String) COMMENT 'start of the source, new at each of its starts',
    `received_at` DateTime64(6, 'UTC') COMMENT 'arrival at intake, UTC; the broker\'s time where intake gave none',
    `token_id` Nullable(String) COMMENT 'credential that sent it',
    `source_position` Nullable(String) COMMENT 'place in the source: byte offset, row, line',
    `headers` Map(String, String) COMMENT 'all headers of the record',
    `topic` LowCardinality(String) COMMENT 'topic of the record',
    `partition` UInt32 COMMENT 'partition of the record on its topic',
    `offset` UInt64 COMMENT 'offset of the record in its partition',
    `published_at` DateTime64(6, 'UTC') COMMENT 'the broker\'s timestamp of the record, UTC',
    `raw` String CODEC(ZSTD(3)) COMMENT 'the received bytes, unchanged'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (`match_id`, `received_at`, `partition`, `offset`)
TTL toDateTime(received_at) + toIntervalDay(90)
COMMENT 'Raw records as they came: the bytes and headers of the topic raw-game-events, valid or not.';

CREATE TABLE IF NOT EXISTS `game_events`
(
    `match_id` String COMMENT 'the series',
    `map_id` Nullable(String) COMMENT 'one map of the series; null outside of a map',
    `round_no` Nullable(UInt16) COMMENT 'round that the event was counted in',
    `seq` UInt64 COMMENT 'number of the processed event of this match, without holes',
    `prev_seq` UInt64 COMMENT 'seq of the message before it on this channel',
    `event_id` String COMMENT 'the source\'s id of the event',
    `ts_event` DateTime64(6, 'UTC') COMMENT 'time of the event by its source, UTC',
    `type` LowCardinality(String) COMMENT 'type of the event',
    `source` LowCardinality(String) COMMENT 'who sent it',
    `session` Nullable(String) COMMENT 'start of the source',
    `seq_no` Nullable(UInt64) COMMENT 'the source\'s own counter within match, source and session',
    `match_tag` LowCardinality(String) COMMENT 'warmup, knife, live, overtime or over',
    `is_post_round` Bool COMMENT 'after the round was decided',
    `payload` String CODEC(ZSTD(3)) COMMENT 'what the event says, JSON',
    `facts` String CODEC(ZSTD(3)) COMMENT 'what follows from it, JSON array',
    `notes` Array(String) COMMENT 'what was wrong with the feed before it: gaps, late arrival, a new session',
    `corrects` Nullable(UInt64) COMMENT 'seq of the event that made this one be told again',
    `received_at` DateTime64(6, 'UTC') COMMENT 'arrival at intake, UTC; the broker\'s time where intake gave none',
    `processed_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'when the stream had the result, UTC',
    `published_at` DateTime64(6, 'UTC') COMMENT 'the broker\'s timestamp of the record, UTC',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'seq of the message that told or withdrew this row; the highest wins',
    INDEX event_id_index `event_id` TYPE bloom_filter GRANULARITY 1,
    INDEX seq_index `seq` TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(ts_event)
ORDER BY (`match_id`, `ts_event`, `seq`)
COMMENT 'Events as the stream understood them, in the order of their match, with the facts that follow.';

CREATE TABLE IF NOT EXISTS `cs2_round_metrics`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `round_no` UInt16 COMMENT 'number of the round on its map',
    `seq` UInt64 COMMENT 'number of the processed event of this match, without holes',
    `winner_team` LowCardinality(String) COMMENT 'A or B',
    `winner_side` LowCardinality(String) COMMENT 'ct or t',
    `reason` LowCardinality(String) COMMENT 'how the round ended',
    `score_a` UInt16 COMMENT 'rounds of team A on this map after the round',
    `score_b` UInt16 COMMENT 'rounds of team B on this map after the round',
    `a_side` LowCardinality(Nullable(String)) COMMENT 'side of team A in the round',
    `is_pistol` Bool COMMENT 'first round of a regular half',
    `is_overtime` Bool COMMENT 'played in overtime',
    `equipment_a` Nullable(UInt32) COMMENT 'equipment of team A at the end of freeze time, dollars',
    `equipment_b` Nullable(UInt32) COMMENT 'equipment of team B at the end of freeze time, dollars',
    `economy_a` LowCardinality(Nullable(String)) COMMENT 'what team A bought: pistol, eco, force, semi, full or unknown',
    `economy_b` LowCardinality(Nullable(String)) COMMENT 'what team B bought',
    `duration_s` Nullable(Float64) COMMENT 'end of freeze time to decision, seconds',
    `kills_a` UInt16 COMMENT 'enemies killed by team A before the decision',
    `kills_b` UInt16 COMMENT 'enemies killed by team B before the decision',
    `headshots` UInt16 COMMENT 'of those, by headshot',
    `is_bomb_planted` Bool COMMENT 'the bomb was planted',
    `site` LowCardinality(Nullable(String)) COMMENT 'where it was planted: a or b',
    `survivors` Array(String) COMMENT 'player ids alive at the decision',
    `started_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'start of freeze time, UTC',
    `ended_at` DateTime64(6, 'UTC') COMMENT 'time of the decision, UTC',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'seq of the message that told or withdrew this row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `round_no`)
COMMENT 'One row a decided round.';

CREATE TABLE IF NOT EXISTS `cs2_predictions`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `map_name` LowCardinality(Nullable(String)) COMMENT 'name of the map, such as de_nuke',
    `round_no` Nullable(UInt16) COMMENT 'running round',
    `seq` UInt64 COMMENT 'number of the processed event of this match, without holes',
    `prev_seq` UInt64 COMMENT 'seq of the prediction before it',
    `ts_event` DateTime64(6, 'UTC') COMMENT 'time of the event by its source, UTC',
    `round_time_s` Nullable(Float64) COMMENT 'seconds from the end of freeze time; null outside of live play',
    `event_id` String COMMENT 'the event that it follows',
    `round_p_a` Float64 COMMENT 'chance that team A wins the round',
    `round_p_b` Float64 COMMENT 'chance that team B wins the round',
    `round_lo` Float64 COMMENT 'lower end of the 90 % interval of round_p_a',
    `round_hi` Float64 COMMENT 'upper end of the 90 % interval of round_p_a',
    `round_confidence` Float64 COMMENT '1 - (round_hi - round_lo)',
    `map_p_a` Float64 COMMENT 'chance that team A wins the map',
    `map_p_b` Float64 COMMENT 'chance that team B wins the map',
    `map_lo` Float64 COMMENT 'lower end of the 90 % interval of map_p_a',
    `map_hi` Float64 COMMENT 'upper end of the 90 % interval of map_p_a',
    `map_confidence` Float64 COMMENT '1 - (map_hi - map_lo)',
    `series_p_a` Float64 COMMENT 'chance that team A wins the series',
    `series_p_b` Float64 COMMENT 'chance that team B wins the series',
    `series_lo` Float64 COMMENT 'lower end of the 90 % interval of series_p_a',
    `series_hi` Float64 COMMENT 'upper end of the 90 % interval of series_p_a',
    `series_confidence` Float64 COMMENT '1 - (series_hi - series_lo)',
    `round_p_ct` Nullable(Float64) COMMENT 'chance that CT wins the round',
    `receipt_id` String COMMENT 'id of prediction and receipt',
    `model_version` LowCardinality(String) COMMENT 'model that predicted',
    `model_hash` LowCardinality(String) COMMENT 'SHA-256 of that model\'s files',
    `feature_schema_hash` LowCardinality(String) COMMENT 'definition of its inputs',
    `input_event_ids` Array(String) COMMENT 'events since the prediction before',
    `previous` String COMMENT 'digest of the receipt before it',
    `digest` String COMMENT 'SHA-256 of the receipt',
    `message` String CODEC(ZSTD(3)) COMMENT 'the prediction and its receipt as published, JSON, byte for byte',
    `corrects` Nullable(UInt64) COMMENT 'seq of the event that made it be told again',
    `received_at` DateTime64(6, 'UTC') COMMENT 'arrival at intake, UTC; the broker\'s time where intake gave none',
    `predicted_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'when the model had answered, UTC',
    `published_at` DateTime64(6, 'UTC') COMMENT 'the broker\'s timestamp of the record, UTC',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'seq of the message that told or withdrew this row; the highest wins',
    INDEX receipt_id_index `receipt_id` TYPE bloom_filter GRANULARITY 1,
    INDEX seq_index `seq` TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(received_at)
ORDER BY (`match_id`, `ts_event`, `seq`, `receipt_id`)
TTL toDateTime(received_at) + toIntervalDay(180)
COMMENT 'Win probabilities with their receipts, one row a prediction.';

CREATE TABLE IF NOT EXISTS `player_stats`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `player_id` String COMMENT 'the player',
    `scope` LowCardinality(String) COMMENT 'round:n that round alone; half:n; side:ct, side:t his rounds there; map the map so far',
    `round_no` UInt16 COMMENT 'the last round of the map that the figures cover',
    `seq` UInt64 COMMENT 'number of the processed event of this match, without holes',
    `rounds` UInt16 COMMENT 'rounds that the figures cover',
    `stats` Map(LowCardinality(String), Float64) COMMENT 'figure by the id of its definition',
    `ts_event` DateTime64(6, 'UTC') COMMENT 'time of the event by its source, UTC',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'seq of the message that told or withdrew this row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `scope`, `player_id`, `seq`)
COMMENT 'Statistics of a player as they were told, by scope: the latest seq of a player, map and scope counts. Definitions and units: game/stats.py.';

CREATE TABLE IF NOT EXISTS `swings`
(
    `match_id` String COMMENT 'the series',
    `map_id` Nullable(String) COMMENT 'one map of the series; null outside of a map',
    `round_no` Nullable(UInt16) COMMENT 'round of the swing',
    `seq` UInt64 COMMENT 'number of the processed event of this match, without holes',
    `swing_no` UInt16 COMMENT 'which swing of its message, from 0',
    `player_id` String COMMENT 'the player',
    `cause` LowCardinality(String) COMMENT 'what moved the probability',
    `credit` Float64 COMMENT 'probability points, for the player\'s own team',
    `p_a_before` Float64 COMMENT 'chance of team A in the round before',
    `p_a_after` Float64 COMMENT 'chance of team A in the round after',
    `ts_event` DateTime64(6, 'UTC') COMMENT 'time of the event by its source, UTC',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'seq of the message that told or withdrew this row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `seq`, `swing_no`, `player_id`)
COMMENT 'Change of the round\'s win probability credited to players; the rows of one cause sum to zero.';

CREATE TABLE IF NOT EXISTS `match_states`
(
    `match_id` String COMMENT 'the series',
    `seq` UInt64 COMMENT 'number of the processed event of this match, without holes',
    `prev_seq` UInt64 COMMENT 'seq of the message before it on this channel',
    `ts_event` DateTime64(6, 'UTC') COMMENT 'time of the event by its source, UTC',
    `state` String CODEC(ZSTD(3)) COMMENT 'the state, JSON (game.state.MatchState)',
    `received_at` DateTime64(6, 'UTC') COMMENT 'arrival at intake, UTC; the broker\'s time where intake gave none',
    `processed_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'when the stream had the result, UTC',
    `published_at` DateTime64(6, 'UTC') COMMENT 'the broker\'s timestamp of the record, UTC',
    `partition` UInt32 COMMENT 'partition of the record on its topic',
    `offset` UInt64 COMMENT 'offset of the record in its partition',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'seq of the message that told or withdrew this row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `seq`)
TTL toDateTime(received_at) + toIntervalDay(90)
COMMENT 'Full states of a match at round starts and every 256 seq: where a reader begins after its own restart.';

CREATE TABLE IF NOT EXISTS `retractions`
(
    `match_id` String COMMENT 'the series',
    `channel` LowCardinality(String) COMMENT 'topic whose messages are void',
    `seq` UInt64 COMMENT 'seq of the cause',
    `from_seq` UInt64 COMMENT 'first void seq',
    `to_seq` UInt64 COMMENT 'last void seq',
    `reason` LowCardinality(String) COMMENT 'why',
    `map_id` Nullable(String) COMMENT 'one map of the series; null outside of a map',
    `event_id` Nullable(String) COMMENT 'event that caused it',
    `processed_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'when the stream withdrew, UTC',
    `published_at` DateTime64(6, 'UTC') COMMENT 'the broker\'s timestamp of the record, UTC'
)
ENGINE = ReplacingMergeTree
ORDER BY (`match_id`, `channel`, `seq`, `from_seq`)
COMMENT 'What was withdrawn: messages of a channel from one seq to another.';

CREATE TABLE IF NOT EXISTS `dead_letters`
(
    `topic` LowCardinality(String) COMMENT 'topic where it stood',
    `partition` UInt32 COMMENT 'partition of the record on its topic',
    `offset` UInt64 COMMENT 'offset of the record in its partition',
    `match_id` Nullable(String) COMMENT 'the match by the record\'s key',
    `field` String COMMENT 'path of the field at fault; $ is the whole',
    `reason` String COMMENT 'what is wrong with it',
    `source` LowCardinality(Nullable(String)) COMMENT 'who sent it',
    `format` LowCardinality(Nullable(String)) COMMENT 'encoding and dialect',
    `received_at` DateTime64(6, 'UTC') COMMENT 'arrival at intake, UTC; the broker\'s time where intake gave none',
    `raw` String CODEC(ZSTD(3)) COMMENT 'the bytes'
)
ENGINE = ReplacingMergeTree
ORDER BY (`received_at`, `topic`, `partition`, `offset`)
TTL toDateTime(received_at) + toIntervalDay(90)
COMMENT 'Records that are no event or no message of ours: why, where they stood, and the bytes.';

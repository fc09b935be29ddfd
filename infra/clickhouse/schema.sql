-- Written by `midround schema export` from adapters/clickhouse (tables, quality, marts); do not edit.
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
    `published_at` DateTime64(6, 'UTC') COMMENT 'when the record was handed to the client of the log, UTC',
    `raw` String CODEC(ZSTD(3)) COMMENT 'the received bytes, unchanged'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (`match_id`, `received_at`, `partition`, `offset`)
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
    `published_at` DateTime64(6, 'UTC') COMMENT 'when the record was handed to the client of the log, UTC',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'the highest wins: seq that told this row; withdrawn, one more at least, and seq of the cause at least',
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
    `version` UInt64 COMMENT 'the highest wins: seq that told this row; withdrawn, one more at least, and seq of the cause at least'
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
    `published_at` DateTime64(6, 'UTC') COMMENT 'when the record was handed to the client of the log, UTC',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'the highest wins: seq that told this row; withdrawn, one more at least, and seq of the cause at least',
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
    `version` UInt64 COMMENT 'the highest wins: seq that told this row; withdrawn, one more at least, and seq of the cause at least'
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
    `version` UInt64 COMMENT 'the highest wins: seq that told this row; withdrawn, one more at least, and seq of the cause at least'
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
    `published_at` DateTime64(6, 'UTC') COMMENT 'when the record was handed to the client of the log, UTC',
    `partition` UInt32 COMMENT 'partition of the record on its topic',
    `offset` UInt64 COMMENT 'offset of the record in its partition',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'the highest wins: seq that told this row; withdrawn, one more at least, and seq of the cause at least'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `seq`)
TTL toDateTime(received_at) + toIntervalDay(90)
SETTINGS index_granularity_bytes = 1048576
COMMENT 'Full states of a match at round starts and every 256 seq: where a reader begins after its own restart.';

CREATE TABLE IF NOT EXISTS `shadow_predictions`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `round_no` UInt16 COMMENT 'running round',
    `seq` UInt64 COMMENT 'number of the processed event of this match, without holes',
    `ts_event` DateTime64(6, 'UTC') COMMENT 'time of the event by its source, UTC',
    `round_time_s` Float64 COMMENT 'seconds from the end of freeze time',
    `event_id` String COMMENT 'the event that the champion\'s prediction follows',
    `champion_version` LowCardinality(String) COMMENT 'model that predicted on air',
    `champion_hash` LowCardinality(String) COMMENT 'SHA-256 of that model\'s files',
    `champion_p_ct` Float64 COMMENT 'its chance that CT wins the round, as published',
    `challenger_version` LowCardinality(String) COMMENT 'model in shadow',
    `challenger_hash` LowCardinality(String) COMMENT 'SHA-256 of that model\'s files',
    `challenger_p_ct` Float64 COMMENT 'its chance that CT wins the round, rounded as if published',
    `published_at` DateTime64(6, 'UTC') COMMENT 'when the record was handed to the client of the log, UTC',
    `is_retracted` Bool COMMENT 'withdrawn by a later message: not valid any more',
    `version` UInt64 COMMENT 'the highest wins: seq that told this row; withdrawn, one more at least, and seq of the cause at least'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `challenger_hash`, `seq`)
COMMENT 'What a challenger in shadow says beside the champion, on the very same live states; scored against cs2_round_metrics once the round is decided.';

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
    `published_at` DateTime64(6, 'UTC') COMMENT 'when the record was handed to the client of the log, UTC'
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

CREATE TABLE IF NOT EXISTS `quality`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `date` String COMMENT 'UTC day of the match\'s first event, as its partition has it',
    `map_name` LowCardinality(Nullable(String)) COMMENT 'such as de_mirage',
    `map_number` UInt32 COMMENT 'which map of the series, from 1',
    `finality` LowCardinality(String) COMMENT 'provisional: not decided yet; final: decided; amended: changed after it was final',
    `revision` UInt32 COMMENT 'how often it was derived with another result, from 0',
    `name_a` Nullable(String) COMMENT 'name of team A',
    `name_b` Nullable(String) COMMENT 'name of team B',
    `score_a` UInt32 COMMENT 'rounds of team A',
    `score_b` UInt32 COMMENT 'rounds of team B',
    `rounds` UInt32 COMMENT 'rounds that were decided',
    `events` UInt32 COMMENT 'events that still hold',
    `facts` UInt32 COMMENT 'facts that still hold',
    `predictions` UInt32 COMMENT 'predictions that still hold',
    `predictions_digest` String COMMENT 'digest of the last receipt, which covers all before it; empty without one',
    `facts_digest` String COMMENT 'SHA-256 over the facts: stream, batch and `midround fold` give the same',
    `first_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'first event of the map, UTC',
    `last_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'last event of the map, UTC',
    `duplicates` UInt32 COMMENT 'events of the match that came again',
    `late` UInt32 COMMENT 'events of the match that came after a later one',
    `stale` UInt32 COMMENT 'events of the match that came too late and are told nowhere',
    `holes` UInt32 COMMENT 'numbers of the match\'s sources that never came',
    `unreadable` UInt32 COMMENT 'records of the match that are no event',
    `breaches` UInt32 COMMENT 'quality facts of the map',
    `rules` String COMMENT 'breaches by rule, JSON',
    `model_hash` LowCardinality(Nullable(String)) COMMENT 'model of the last prediction',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`)
COMMENT 'The scorecard of each map that the batch path derived: what it came to, how final it is, what was wrong with its feed. Counts of the feed are those of the whole match.';

CREATE TABLE IF NOT EXISTS `mart_player_map_stats`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `player_id` String COMMENT 'the player',
    `player_name` Nullable(String) COMMENT 'his name, as it was told last',
    `team` LowCardinality(Nullable(String)) COMMENT 'his team: A or B; null where nobody told it',
    `team_name` Nullable(String) COMMENT 'name of his team, as it was told last',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rounds` UInt32 COMMENT 'rounds decided, which rates divide by',
    `kills_all` UInt32 COMMENT 'every victim but oneself, team kills too',
    `kills_enemy` UInt32 COMMENT 'enemies killed',
    `headshots` UInt32 COMMENT 'of those, by headshot',
    `deaths` UInt32 COMMENT 'deaths, whoever caused them',
    `assists` UInt32 COMMENT 'kills assisted, by damage or flash',
    `assists_flash` UInt32 COMMENT 'of those, by flash',
    `damage` UInt32 COMMENT 'taken from enemies, hp',
    `damage_utility` UInt32 COMMENT 'of that, by grenades and fire, hp',
    `openings_won` UInt32 COMMENT 'opening kills',
    `openings_lost` UInt32 COMMENT 'deaths by the opening kill',
    `trades_kills` UInt32 COMMENT 'kills that traded a teammate',
    `trades_deaths` UInt32 COMMENT 'deaths that were traded',
    `kast_rounds` UInt32 COMMENT 'rounds with a kill, assist, survival or traded death',
    `kast_won_rounds` UInt32 COMMENT 'the same, survival in won rounds only',
    `clutches` UInt32 COMMENT 'rounds in which he was the last against someone',
    `clutches_won` UInt32 COMMENT 'of those, won',
    `multi_1` UInt32 COMMENT 'rounds with exactly 1 kills of enemies',
    `multi_2` UInt32 COMMENT 'rounds with exactly 2 kills of enemies',
    `multi_3` UInt32 COMMENT 'rounds with exactly 3 kills of enemies',
    `multi_4` UInt32 COMMENT 'rounds with exactly 4 kills of enemies',
    `multi_5` UInt32 COMMENT 'rounds with exactly 5 kills of enemies',
    `clutches_1v1` UInt32 COMMENT 'clutches against 1',
    `clutches_1v1_won` UInt32 COMMENT 'clutches won against 1',
    `clutches_1v2` UInt32 COMMENT 'clutches against 2',
    `clutches_1v2_won` UInt32 COMMENT 'clutches won against 2',
    `clutches_1v3` UInt32 COMMENT 'clutches against 3',
    `clutches_1v3_won` UInt32 COMMENT 'clutches won against 3',
    `clutches_1v4` UInt32 COMMENT 'clutches against 4',
    `clutches_1v4_won` UInt32 COMMENT 'clutches won against 4',
    `clutches_1v5` UInt32 COMMENT 'clutches against 5',
    `clutches_1v5_won` UInt32 COMMENT 'clutches won against 5',
    `adr` Float64 COMMENT 'damage a round, hp',
    `kast` Float64 COMMENT 'percent of rounds with kast',
    `kast_won` Float64 COMMENT 'percent of rounds with kast, survival in won rounds only',
    `rating_1` Float64 COMMENT 'Rating 1.0',
    `impact_est` Float64 COMMENT 'Impact (est.)',
    `rating_2_est` Float64 COMMENT 'Rating 2.0 (est.)',
    `swing` Float64 COMMENT 'win probability credited to him, points, summed',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `player_id`)
COMMENT 'Players by map: the sums of their rounds, and rates over all rounds of the map.';

CREATE TABLE IF NOT EXISTS `mart_player_side_stats`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `player_id` String COMMENT 'the player',
    `side` LowCardinality(String) COMMENT 'ct or t',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rounds` UInt32 COMMENT 'rounds decided, which rates divide by',
    `kills_all` UInt32 COMMENT 'every victim but oneself, team kills too',
    `kills_enemy` UInt32 COMMENT 'enemies killed',
    `headshots` UInt32 COMMENT 'of those, by headshot',
    `deaths` UInt32 COMMENT 'deaths, whoever caused them',
    `assists` UInt32 COMMENT 'kills assisted, by damage or flash',
    `assists_flash` UInt32 COMMENT 'of those, by flash',
    `damage` UInt32 COMMENT 'taken from enemies, hp',
    `damage_utility` UInt32 COMMENT 'of that, by grenades and fire, hp',
    `openings_won` UInt32 COMMENT 'opening kills',
    `openings_lost` UInt32 COMMENT 'deaths by the opening kill',
    `trades_kills` UInt32 COMMENT 'kills that traded a teammate',
    `trades_deaths` UInt32 COMMENT 'deaths that were traded',
    `kast_rounds` UInt32 COMMENT 'rounds with a kill, assist, survival or traded death',
    `kast_won_rounds` UInt32 COMMENT 'the same, survival in won rounds only',
    `clutches` UInt32 COMMENT 'rounds in which he was the last against someone',
    `clutches_won` UInt32 COMMENT 'of those, won',
    `multi_1` UInt32 COMMENT 'rounds with exactly 1 kills of enemies',
    `multi_2` UInt32 COMMENT 'rounds with exactly 2 kills of enemies',
    `multi_3` UInt32 COMMENT 'rounds with exactly 3 kills of enemies',
    `multi_4` UInt32 COMMENT 'rounds with exactly 4 kills of enemies',
    `multi_5` UInt32 COMMENT 'rounds with exactly 5 kills of enemies',
    `clutches_1v1` UInt32 COMMENT 'clutches against 1',
    `clutches_1v1_won` UInt32 COMMENT 'clutches won against 1',
    `clutches_1v2` UInt32 COMMENT 'clutches against 2',
    `clutches_1v2_won` UInt32 COMMENT 'clutches won against 2',
    `clutches_1v3` UInt32 COMMENT 'clutches against 3',
    `clutches_1v3_won` UInt32 COMMENT 'clutches won against 3',
    `clutches_1v4` UInt32 COMMENT 'clutches against 4',
    `clutches_1v4_won` UInt32 COMMENT 'clutches won against 4',
    `clutches_1v5` UInt32 COMMENT 'clutches against 5',
    `clutches_1v5_won` UInt32 COMMENT 'clutches won against 5',
    `adr` Float64 COMMENT 'damage a round, hp',
    `kast` Float64 COMMENT 'percent of rounds with kast',
    `kast_won` Float64 COMMENT 'percent of rounds with kast, survival in won rounds only',
    `rating_1` Float64 COMMENT 'Rating 1.0',
    `impact_est` Float64 COMMENT 'Impact (est.)',
    `rating_2_est` Float64 COMMENT 'Rating 2.0 (est.)',
    `swing` Float64 COMMENT 'win probability credited to him, points, summed',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `player_id`, `side`)
COMMENT 'Players by map and side, over the rounds that they played there themselves.';

CREATE TABLE IF NOT EXISTS `mart_player_half_stats`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `player_id` String COMMENT 'the player',
    `half` UInt32 COMMENT '1 and 2, from 3 on overtime',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rounds` UInt32 COMMENT 'rounds decided, which rates divide by',
    `kills_all` UInt32 COMMENT 'every victim but oneself, team kills too',
    `kills_enemy` UInt32 COMMENT 'enemies killed',
    `headshots` UInt32 COMMENT 'of those, by headshot',
    `deaths` UInt32 COMMENT 'deaths, whoever caused them',
    `assists` UInt32 COMMENT 'kills assisted, by damage or flash',
    `assists_flash` UInt32 COMMENT 'of those, by flash',
    `damage` UInt32 COMMENT 'taken from enemies, hp',
    `damage_utility` UInt32 COMMENT 'of that, by grenades and fire, hp',
    `openings_won` UInt32 COMMENT 'opening kills',
    `openings_lost` UInt32 COMMENT 'deaths by the opening kill',
    `trades_kills` UInt32 COMMENT 'kills that traded a teammate',
    `trades_deaths` UInt32 COMMENT 'deaths that were traded',
    `clutches` UInt32 COMMENT 'rounds in which he was the last against someone',
    `clutches_won` UInt32 COMMENT 'of those, won',
    `multi_1` UInt32 COMMENT 'rounds with exactly 1 kills of enemies',
    `multi_2` UInt32 COMMENT 'rounds with exactly 2 kills of enemies',
    `multi_3` UInt32 COMMENT 'rounds with exactly 3 kills of enemies',
    `multi_4` UInt32 COMMENT 'rounds with exactly 4 kills of enemies',
    `multi_5` UInt32 COMMENT 'rounds with exactly 5 kills of enemies',
    `clutches_1v1` UInt32 COMMENT 'clutches against 1',
    `clutches_1v1_won` UInt32 COMMENT 'clutches won against 1',
    `clutches_1v2` UInt32 COMMENT 'clutches against 2',
    `clutches_1v2_won` UInt32 COMMENT 'clutches won against 2',
    `clutches_1v3` UInt32 COMMENT 'clutches against 3',
    `clutches_1v3_won` UInt32 COMMENT 'clutches won against 3',
    `clutches_1v4` UInt32 COMMENT 'clutches against 4',
    `clutches_1v4_won` UInt32 COMMENT 'clutches won against 4',
    `clutches_1v5` UInt32 COMMENT 'clutches against 5',
    `clutches_1v5_won` UInt32 COMMENT 'clutches won against 5',
    `adr` Float64 COMMENT 'damage a round, hp',
    `kast` Float64 COMMENT 'percent of rounds with kast',
    `kast_won` Float64 COMMENT 'percent of rounds with kast, survival in won rounds only',
    `rating_1` Float64 COMMENT 'Rating 1.0',
    `impact_est` Float64 COMMENT 'Impact (est.)',
    `rating_2_est` Float64 COMMENT 'Rating 2.0 (est.)',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `player_id`, `half`)
COMMENT 'Players by half, as the facts tell when a half ends.';

CREATE TABLE IF NOT EXISTS `mart_player_series_stats`
(
    `match_id` String COMMENT 'the series',
    `player_id` String COMMENT 'the player',
    `player_name` Nullable(String) COMMENT 'his name, as it was told last',
    `team` LowCardinality(Nullable(String)) COMMENT 'his team: A or B; null where nobody told it',
    `team_name` Nullable(String) COMMENT 'name of his team, as it was told last',
    `maps` UInt32 COMMENT 'maps played',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rounds` UInt32 COMMENT 'rounds decided, which rates divide by',
    `kills_all` UInt32 COMMENT 'every victim but oneself, team kills too',
    `kills_enemy` UInt32 COMMENT 'enemies killed',
    `headshots` UInt32 COMMENT 'of those, by headshot',
    `deaths` UInt32 COMMENT 'deaths, whoever caused them',
    `assists` UInt32 COMMENT 'kills assisted, by damage or flash',
    `assists_flash` UInt32 COMMENT 'of those, by flash',
    `damage` UInt32 COMMENT 'taken from enemies, hp',
    `damage_utility` UInt32 COMMENT 'of that, by grenades and fire, hp',
    `openings_won` UInt32 COMMENT 'opening kills',
    `openings_lost` UInt32 COMMENT 'deaths by the opening kill',
    `trades_kills` UInt32 COMMENT 'kills that traded a teammate',
    `trades_deaths` UInt32 COMMENT 'deaths that were traded',
    `kast_rounds` UInt32 COMMENT 'rounds with a kill, assist, survival or traded death',
    `kast_won_rounds` UInt32 COMMENT 'the same, survival in won rounds only',
    `clutches` UInt32 COMMENT 'rounds in which he was the last against someone',
    `clutches_won` UInt32 COMMENT 'of those, won',
    `multi_1` UInt32 COMMENT 'rounds with exactly 1 kills of enemies',
    `multi_2` UInt32 COMMENT 'rounds with exactly 2 kills of enemies',
    `multi_3` UInt32 COMMENT 'rounds with exactly 3 kills of enemies',
    `multi_4` UInt32 COMMENT 'rounds with exactly 4 kills of enemies',
    `multi_5` UInt32 COMMENT 'rounds with exactly 5 kills of enemies',
    `clutches_1v1` UInt32 COMMENT 'clutches against 1',
    `clutches_1v1_won` UInt32 COMMENT 'clutches won against 1',
    `clutches_1v2` UInt32 COMMENT 'clutches against 2',
    `clutches_1v2_won` UInt32 COMMENT 'clutches won against 2',
    `clutches_1v3` UInt32 COMMENT 'clutches against 3',
    `clutches_1v3_won` UInt32 COMMENT 'clutches won against 3',
    `clutches_1v4` UInt32 COMMENT 'clutches against 4',
    `clutches_1v4_won` UInt32 COMMENT 'clutches won against 4',
    `clutches_1v5` UInt32 COMMENT 'clutches against 5',
    `clutches_1v5_won` UInt32 COMMENT 'clutches won against 5',
    `adr` Float64 COMMENT 'damage a round, hp',
    `kast` Float64 COMMENT 'percent of rounds with kast',
    `kast_won` Float64 COMMENT 'percent of rounds with kast, survival in won rounds only',
    `rating_1` Float64 COMMENT 'Rating 1.0',
    `impact_est` Float64 COMMENT 'Impact (est.)',
    `rating_2_est` Float64 COMMENT 'Rating 2.0 (est.)',
    `swing` Float64 COMMENT 'win probability credited to him, points, summed',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `player_id`)
COMMENT 'Players by series: sums over its maps, rates of the sums.';

CREATE TABLE IF NOT EXISTS `mart_player_career`
(
    `player_id` String COMMENT 'the player',
    `player_name` Nullable(String) COMMENT 'his name, as it was told last',
    `team_name` Nullable(String) COMMENT 'name of his team, as it was told last',
    `matches` UInt32 COMMENT 'series played',
    `maps` UInt32 COMMENT 'maps played',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rounds` UInt32 COMMENT 'rounds decided, which rates divide by',
    `kills_all` UInt32 COMMENT 'every victim but oneself, team kills too',
    `kills_enemy` UInt32 COMMENT 'enemies killed',
    `headshots` UInt32 COMMENT 'of those, by headshot',
    `deaths` UInt32 COMMENT 'deaths, whoever caused them',
    `assists` UInt32 COMMENT 'kills assisted, by damage or flash',
    `assists_flash` UInt32 COMMENT 'of those, by flash',
    `damage` UInt32 COMMENT 'taken from enemies, hp',
    `damage_utility` UInt32 COMMENT 'of that, by grenades and fire, hp',
    `openings_won` UInt32 COMMENT 'opening kills',
    `openings_lost` UInt32 COMMENT 'deaths by the opening kill',
    `trades_kills` UInt32 COMMENT 'kills that traded a teammate',
    `trades_deaths` UInt32 COMMENT 'deaths that were traded',
    `kast_rounds` UInt32 COMMENT 'rounds with a kill, assist, survival or traded death',
    `kast_won_rounds` UInt32 COMMENT 'the same, survival in won rounds only',
    `clutches` UInt32 COMMENT 'rounds in which he was the last against someone',
    `clutches_won` UInt32 COMMENT 'of those, won',
    `multi_1` UInt32 COMMENT 'rounds with exactly 1 kills of enemies',
    `multi_2` UInt32 COMMENT 'rounds with exactly 2 kills of enemies',
    `multi_3` UInt32 COMMENT 'rounds with exactly 3 kills of enemies',
    `multi_4` UInt32 COMMENT 'rounds with exactly 4 kills of enemies',
    `multi_5` UInt32 COMMENT 'rounds with exactly 5 kills of enemies',
    `clutches_1v1` UInt32 COMMENT 'clutches against 1',
    `clutches_1v1_won` UInt32 COMMENT 'clutches won against 1',
    `clutches_1v2` UInt32 COMMENT 'clutches against 2',
    `clutches_1v2_won` UInt32 COMMENT 'clutches won against 2',
    `clutches_1v3` UInt32 COMMENT 'clutches against 3',
    `clutches_1v3_won` UInt32 COMMENT 'clutches won against 3',
    `clutches_1v4` UInt32 COMMENT 'clutches against 4',
    `clutches_1v4_won` UInt32 COMMENT 'clutches won against 4',
    `clutches_1v5` UInt32 COMMENT 'clutches against 5',
    `clutches_1v5_won` UInt32 COMMENT 'clutches won against 5',
    `adr` Float64 COMMENT 'damage a round, hp',
    `kast` Float64 COMMENT 'percent of rounds with kast',
    `kast_won` Float64 COMMENT 'percent of rounds with kast, survival in won rounds only',
    `rating_1` Float64 COMMENT 'Rating 1.0',
    `impact_est` Float64 COMMENT 'Impact (est.)',
    `rating_2_est` Float64 COMMENT 'Rating 2.0 (est.)',
    `swing` Float64 COMMENT 'win probability credited to him, points, summed',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`player_id`)
COMMENT 'Players over all maps of the lake: sums, rates of the sums.';

CREATE TABLE IF NOT EXISTS `mart_leaderboard`
(
    `player_id` String COMMENT 'the player',
    `place` UInt32 COMMENT 'from 1',
    `player_name` Nullable(String) COMMENT 'his name, as it was told last',
    `team_name` Nullable(String) COMMENT 'name of his team, as it was told last',
    `maps` UInt32 COMMENT 'maps played',
    `rounds` UInt32 COMMENT 'rounds decided, which rates divide by',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rating_2_est` Float64 COMMENT 'Rating 2.0 (est.)',
    `rating_1` Float64 COMMENT 'Rating 1.0',
    `adr` Float64 COMMENT 'damage a round, hp',
    `kast` Float64 COMMENT 'percent of rounds with kast',
    `kills_per_round` Float64 COMMENT 'enemies killed / rounds',
    `deaths_per_round` Float64 COMMENT 'deaths / rounds',
    `opening_share` Nullable(Float64) COMMENT 'opening kills / opening duels; null without any',
    `clutch_share` Nullable(Float64) COMMENT 'clutches won / clutches; null without any',
    `swing_per_round` Float64 COMMENT 'win probability credited a round, points',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`player_id`)
COMMENT 'Players with enough rounds, in the order of Rating 2.0 (est.).';

CREATE TABLE IF NOT EXISTS `mart_team_map_stats`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `team` LowCardinality(String) COMMENT 'A or B',
    `team_name` String COMMENT 'name of the team; where nobody told one, match and A or B',
    `opponent_name` String COMMENT 'name of the other team',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `map_number` UInt32 COMMENT 'which map of the series, from 1',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `is_won` Nullable(Bool) COMMENT 'won the map; null while it is open, for a draw and where it was abandoned',
    `rounds` UInt32 COMMENT 'rounds decided',
    `rounds_won` UInt32 COMMENT 'of those, won',
    `round_share` Float64 COMMENT 'rounds won / rounds',
    `pistols` UInt32 COMMENT 'first rounds of regular halves',
    `pistols_won` UInt32 COMMENT 'of those, won',
    `kills` UInt32 COMMENT 'enemies killed',
    `deaths` UInt32 COMMENT 'deaths, whoever caused them',
    `damage` UInt32 COMMENT 'taken from enemies, hp',
    `openings_won` UInt32 COMMENT 'opening kills',
    `openings_lost` UInt32 COMMENT 'deaths by the opening kill',
    `trades_kills` UInt32 COMMENT 'kills that traded a teammate',
    `clutches` UInt32 COMMENT 'times that one of them was the last against someone',
    `clutches_won` UInt32 COMMENT 'of those, won',
    `opening_share` Nullable(Float64) COMMENT 'opening kills / opening duels; null without any',
    `plants` UInt32 COMMENT 'rounds in which the bomb was planted, by whichever side',
    `plants_won` UInt32 COMMENT 'of those, won',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `team`)
COMMENT 'Teams by map.';

CREATE TABLE IF NOT EXISTS `mart_team_side_stats`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `team` LowCardinality(String) COMMENT 'A or B',
    `side` LowCardinality(String) COMMENT 'ct or t',
    `team_name` String COMMENT 'name of the team; where nobody told one, match and A or B',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rounds` UInt32 COMMENT 'rounds decided',
    `rounds_won` UInt32 COMMENT 'of those, won',
    `round_share` Float64 COMMENT 'rounds won / rounds',
    `pistols` UInt32 COMMENT 'first rounds of regular halves',
    `pistols_won` UInt32 COMMENT 'of those, won',
    `kills` UInt32 COMMENT 'enemies killed',
    `deaths` UInt32 COMMENT 'deaths, whoever caused them',
    `damage` UInt32 COMMENT 'taken from enemies, hp',
    `openings_won` UInt32 COMMENT 'opening kills',
    `openings_lost` UInt32 COMMENT 'deaths by the opening kill',
    `trades_kills` UInt32 COMMENT 'kills that traded a teammate',
    `clutches` UInt32 COMMENT 'times that one of them was the last against someone',
    `clutches_won` UInt32 COMMENT 'of those, won',
    `opening_share` Nullable(Float64) COMMENT 'opening kills / opening duels; null without any',
    `plants` UInt32 COMMENT 'rounds in which the bomb was planted, by whichever side',
    `plants_won` UInt32 COMMENT 'of those, won',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `team`, `side`)
COMMENT 'Teams by map and side.';

CREATE TABLE IF NOT EXISTS `mart_round_metrics`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `round_no` UInt32 COMMENT 'number of the round on its map',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `team_a` String COMMENT 'name of team A; where nobody told one, match and A',
    `team_b` String COMMENT 'name of team B; where nobody told one, match and B',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `a_side` LowCardinality(Nullable(String)) COMMENT 'side of team A in the round; null where its start was never seen',
    `is_pistol` Bool COMMENT 'first round of a regular half',
    `is_overtime` Bool COMMENT 'played in overtime',
    `equipment_a` Nullable(UInt32) COMMENT 'of team A at the end of freeze time, $',
    `equipment_b` Nullable(UInt32) COMMENT 'of team B at the end of freeze time, $',
    `economy_a` LowCardinality(String) COMMENT 'what team A bought: pistol, eco, force, semi, full or unknown',
    `economy_b` LowCardinality(String) COMMENT 'what team B bought',
    `opening_killer_id` Nullable(String) COMMENT 'who made the opening kill; null without one',
    `opening_victim_id` Nullable(String) COMMENT 'whom it hit',
    `opening_team` LowCardinality(Nullable(String)) COMMENT 'team of the opening kill',
    `is_bomb_planted` Bool COMMENT 'the bomb was planted',
    `site` LowCardinality(Nullable(String)) COMMENT 'where: a or b',
    `planter_id` Nullable(String) COMMENT 'by whom',
    `planted_at_s` Nullable(Float64) COMMENT 'when, s since the end of freeze time',
    `winner_team` LowCardinality(String) COMMENT 'A or B',
    `winner_side` LowCardinality(String) COMMENT 'ct or t',
    `reason` LowCardinality(String) COMMENT 'how the round ended',
    `score_a` UInt32 COMMENT 'rounds of team A after it',
    `score_b` UInt32 COMMENT 'rounds of team B after it',
    `duration_s` Nullable(Float64) COMMENT 'from the end of freeze time to the decision, s',
    `survivors` UInt32 COMMENT 'players alive at the decision',
    `kills_a` UInt32 COMMENT 'enemies killed by team A before the decision',
    `kills_b` UInt32 COMMENT 'enemies killed by team B before the decision',
    `headshots` UInt32 COMMENT 'of those, by headshot',
    `p_a_start` Nullable(Float64) COMMENT 'chance of team A before the first swing of the round; null without a model',
    `p_a_least` Nullable(Float64) COMMENT 'least chance of team A in the round',
    `p_a_most` Nullable(Float64) COMMENT 'greatest chance of team A in the round',
    `top_player_id` Nullable(String) COMMENT 'who was credited the most',
    `top_swing` Nullable(Float64) COMMENT 'what he was credited, points of win probability',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `round_no`)
COMMENT 'Decided rounds: economy, opening kill, plant, ending, swing.';

CREATE TABLE IF NOT EXISTS `mart_clutches`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `round_no` UInt32 COMMENT 'number of the round on its map',
    `player_id` String COMMENT 'the player',
    `team` LowCardinality(Nullable(String)) COMMENT 'his team: A or B; null where nobody told it',
    `side` LowCardinality(Nullable(String)) COMMENT 'his side: ct or t',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `opponents` UInt32 COMMENT 'enemies alive when he became the last',
    `is_won` Bool COMMENT 'his side won the round',
    `is_alive` Bool COMMENT 'he lived when the round was decided',
    `kills` UInt32 COMMENT 'enemies that he killed in the round, before the clutch too',
    `reason` LowCardinality(String) COMMENT 'how the round ended',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `round_no`, `player_id`)
COMMENT 'Players left alone against someone, one row each time.';

CREATE TABLE IF NOT EXISTS `mart_duels`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `killer_id` String COMMENT 'who killed',
    `victim_id` String COMMENT 'who died',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `kills` UInt32 COMMENT 'how often',
    `headshots` UInt32 COMMENT 'of those, by headshot',
    `openings` UInt32 COMMENT 'of those, opening kills',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `killer_id`, `victim_id`)
COMMENT 'Who killed whom, enemies only, by map.';

CREATE TABLE IF NOT EXISTS `mart_weapons`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `player_id` String COMMENT 'the player',
    `weapon` LowCardinality(String) COMMENT 'as its source names it; unknown where it names none',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `kills` UInt32 COMMENT 'enemies killed',
    `headshots` UInt32 COMMENT 'of those, by headshot',
    `headshot_share` Nullable(Float64) COMMENT 'headshots / kills; null without kills',
    `hits` UInt32 COMMENT 'times that it hurt an enemy',
    `damage` UInt32 COMMENT 'taken from enemies, hp',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `player_id`, `weapon`)
COMMENT 'What players did with each weapon, by map.';

CREATE TABLE IF NOT EXISTS `mart_economy_matrix`
(
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `economy_ct` LowCardinality(String) COMMENT 'what CT bought: pistol, eco, force, semi, full or unknown',
    `economy_t` LowCardinality(String) COMMENT 'what T bought',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rounds` UInt32 COMMENT 'rounds decided',
    `ct_won` UInt32 COMMENT 'of those, won by CT',
    `ct_win_share` Float64 COMMENT 'ct_won / rounds',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`map_name`, `economy_ct`, `economy_t`)
COMMENT 'How often CT win, by what both sides bought and by map.';

CREATE TABLE IF NOT EXISTS `mart_pistol_conversion`
(
    `team_name` String COMMENT 'name of the team; where nobody told one, match and A or B',
    `side` LowCardinality(String) COMMENT 'ct or t',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `pistols` UInt32 COMMENT 'pistol rounds decided',
    `pistols_won` UInt32 COMMENT 'of those, won',
    `win_share` Float64 COMMENT 'pistols_won / pistols',
    `followed` UInt32 COMMENT 'pistol rounds won that have a next round decided',
    `converted` UInt32 COMMENT 'of those, next round won too',
    `conversion_share` Nullable(Float64) COMMENT 'converted / followed; null without any',
    `answered` UInt32 COMMENT 'pistol rounds lost whose next round was won',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`team_name`, `side`)
COMMENT 'Pistol rounds of a team by side, and what followed from them.';

CREATE TABLE IF NOT EXISTS `mart_utility`
(
    `match_id` String COMMENT 'the series',
    `map_id` String COMMENT 'one map of the series',
    `player_id` String COMMENT 'the player',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `rounds` UInt32 COMMENT 'rounds decided, which rates divide by',
    `damage_utility` UInt32 COMMENT 'taken from enemies by grenades and fire, hp',
    `damage_per_round` Float64 COMMENT 'the same a round, hp',
    `enemies_blinded` UInt32 COMMENT 'times that he blinded an enemy',
    `enemies_blinded_s` Float64 COMMENT 'how long, s, summed',
    `others_blinded` UInt32 COMMENT 'times that he blinded a teammate or himself',
    `others_blinded_s` Float64 COMMENT 'how long, s, summed',
    `assists_flash` UInt32 COMMENT 'kills assisted by flash',
    `blinded_s_per_round` Float64 COMMENT 'seconds of blinded enemies a round, s',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`match_id`, `map_id`, `player_id`)
COMMENT 'Grenades by player and map: damage, blinded players, flash assists.';

CREATE TABLE IF NOT EXISTS `mart_map_veto`
(
    `team_name` String COMMENT 'name of the team; where nobody told one, match and A or B',
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `maps` UInt32 COMMENT 'maps played',
    `map_share` Float64 COMMENT 'of all maps of the team',
    `maps_won` UInt32 COMMENT 'maps won',
    `as_first` UInt32 COMMENT 'times that it was the first map of the series',
    `as_last` UInt32 COMMENT 'times that it was the last possible map of a series of several',
    `rounds` UInt32 COMMENT 'rounds decided',
    `rounds_won` UInt32 COMMENT 'of those, won',
    `round_share` Nullable(Float64) COMMENT 'rounds_won / rounds; null without any',
    `picked` UInt32 COMMENT 'times that the team picked it',
    `banned` UInt32 COMMENT 'times that the team banned it',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`team_name`, `map_name`)
COMMENT 'Which maps teams pick and ban, where a source tells it, which they end up on, in which place of the series, and what comes of it.';

CREATE TABLE IF NOT EXISTS `mart_side_advantage`
(
    `map_name` LowCardinality(String) COMMENT 'such as de_mirage; unknown where nobody told it',
    `is_final` Bool COMMENT 'every map in the row is decided, by its rounds and as the stream told it',
    `maps` UInt32 COMMENT 'maps played',
    `overtime_maps` UInt32 COMMENT 'of those, with an overtime',
    `rounds` UInt32 COMMENT 'rounds decided',
    `ct_won` UInt32 COMMENT 'of those, won by CT',
    `ct_win_share` Float64 COMMENT 'ct_won / rounds',
    `pistols` UInt32 COMMENT 'pistol rounds decided',
    `pistols_ct_won` UInt32 COMMENT 'of those, won by CT',
    `pistol_ct_win_share` Nullable(Float64) COMMENT 'pistols_ct_won / pistols; null without any',
    `is_retracted` Bool COMMENT 'the mart has no such row any more',
    `version` UInt64 COMMENT 'which publication told or withdrew the row; the highest wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (`map_name`)
COMMENT 'How often CT win, by map.';

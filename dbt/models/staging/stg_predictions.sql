{{ config(materialized='view') }}
select
    match_id, map_id, round_no, seq, event_id, ts_event, round_time_s, round_p_a, map_p_a, series_p_a, model_version,
    model_hash
from {{ source('lake', 'predictions') }}

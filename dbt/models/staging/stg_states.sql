{{ config(materialized='view') }}
select
    match_id, map_id, round_no, seq, event_id, ts_event, grid, round_time_s, a_side, ct_alive, t_alive, ct_equipment,
    t_equipment, is_planted, ct_won
from {{ source('lake', 'states') }}

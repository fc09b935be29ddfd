{{ config(materialized='view') }}
select
    match_id, map_id, round_no, score_a, score_b, a_side, is_pistol, is_overtime, ct_equipment, t_equipment, ct_won
from {{ source('lake', 'round_starts') }}

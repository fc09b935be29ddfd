with told as (
    select match_id, map_id, round_no, json_transform(told, '{"economy": {"A": "VARCHAR", "B": "VARCHAR"}}') as told
    from {{ ref('stg_round_stats') }}
)

select match_id, map_id, round_no, told.economy."A" as economy_a, told.economy."B" as economy_b
from told

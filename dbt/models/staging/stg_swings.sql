{{ config(materialized='view') }}
with told as ({{ swings(none) }})

select
    t.match_id,
    t.map_id,
    t.round_no,
    t.seq,
    t.fact_no,
    credit.key as player_id,
    credit.value::double as credit
from told as t, json_each(t.body, '$.credits') as credit

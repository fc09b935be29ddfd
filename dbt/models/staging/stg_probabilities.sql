{{ config(materialized='view') }}
with told as (
    {{ swings({'cause': 'VARCHAR', 'p_a_before': 'DOUBLE', 'p_a_after': 'DOUBLE'}) }}
)

select
    match_id,
    map_id,
    round_no,
    seq,
    fact_no,
    told.cause as cause,
    told.p_a_before as p_a_before,
    told.p_a_after as p_a_after
from told

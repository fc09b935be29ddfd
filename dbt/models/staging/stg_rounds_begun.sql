with told as (
    {{ facts_of('round_began', {
        'round_no': 'INTEGER', 'a_side': 'VARCHAR', 'score_a': 'INTEGER', 'score_b': 'INTEGER',
        'is_overtime': 'BOOLEAN', 'is_pistol': 'BOOLEAN',
    }) }}
)

select
    match_id,
    map_id,
    told.round_no as round_no,
    told.a_side as a_side,
    told.score_a as score_a,
    told.score_b as score_b,
    told.is_overtime as is_overtime,
    told.is_pistol as is_pistol,
    ts_event as began_at
from told
qualify row_number() over (partition by match_id, map_id, told.round_no order by seq desc, fact_no desc) = 1

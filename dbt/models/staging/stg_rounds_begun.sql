-- Sides may be told once a round has begun: those that were told last in it count.
with began as (
    {{ facts_of('round_began', {
        'round_no': 'INTEGER', 'a_side': 'VARCHAR', 'score_a': 'INTEGER', 'score_b': 'INTEGER',
        'is_overtime': 'BOOLEAN', 'is_pistol': 'BOOLEAN',
    }) }}
),

swapped as (
    {{ facts_of('sides_swapped', {'a_side': 'VARCHAR'}) }}
),

newest as (
    select * from began
    qualify row_number() over (partition by match_id, map_id, told.round_no order by seq desc, fact_no desc) = 1
)

select
    n.match_id,
    n.map_id,
    n.told.round_no as round_no,
    coalesce(max_by(s.told.a_side, s.seq), any_value(n.told.a_side)) as a_side,
    any_value(n.told.score_a) as score_a,
    any_value(n.told.score_b) as score_b,
    any_value(n.told.is_overtime) as is_overtime,
    any_value(n.told.is_pistol) as is_pistol,
    any_value(n.ts_event) as began_at
from newest as n
left join swapped as s
    on n.match_id = s.match_id and n.map_id = s.map_id and n.told.round_no = s.round_no and s.seq > n.seq
group by all

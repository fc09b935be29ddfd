with told as (
    {{ facts_of('round_decided', {
        'winner_team': 'VARCHAR', 'winner_side': 'VARCHAR', 'reason': 'VARCHAR', 'score_a': 'INTEGER',
        'score_b': 'INTEGER', 'round_time_s': 'DOUBLE', 'survivors': ['VARCHAR'],
    }) }}
)

select
    match_id,
    map_id,
    round_no,
    told.winner_team as winner_team,
    told.winner_side as winner_side,
    told.reason as reason,
    told.score_a as score_a,
    told.score_b as score_b,
    told.round_time_s as round_time_s,
    len(told.survivors)::integer as survivors,
    ts_event as decided_at
from told
where round_no is not null
qualify row_number() over (partition by match_id, map_id, round_no order by seq desc, fact_no desc) = 1

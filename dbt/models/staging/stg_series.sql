with known as (
    select match_id, told.best_of as best_of
    from ({{ all_facts_of('series_known', {'best_of': 'INTEGER'}) }})
    qualify row_number() over (partition by match_id order by seq desc, fact_no desc) = 1
),

decided as (
    select
        match_id, told.winner_team as winner_team, told.maps_a as maps_a, told.maps_b as maps_b, told.reason as reason
    from ({{ all_facts_of('series_decided', {
        'winner_team': 'VARCHAR', 'maps_a': 'INTEGER', 'maps_b': 'INTEGER', 'reason': 'VARCHAR',
    }) }})
    qualify row_number() over (partition by match_id order by seq desc, fact_no desc) = 1
)

select
    coalesce(k.match_id, d.match_id) as match_id,
    k.best_of,
    d.winner_team,
    d.maps_a,
    d.maps_b,
    d.reason
from known as k
full outer join decided as d on k.match_id = d.match_id

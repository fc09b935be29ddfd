-- Somebody is in the team and has the name that were told of him last.
with series as (
    select match_id, seq, fact_no, player.key as player_id, player.value->>'$[0]' as name, player.value->>'$[1]' as team
    from {{ ref('stg_facts') }}, json_each(body, '$.players') as player
    where fact = 'series_known'
),

known as (
    select match_id, seq, fact_no, told.player_id as player_id, told.name as name, told.team as team
    from ({{ all_facts_of('player_known', {'player_id': 'VARCHAR', 'name': 'VARCHAR', 'team': 'VARCHAR'}) }})
),

seen as (
    select match_id, seq, fact_no, killer_id as player_id, null as name, killer_team as team
    from {{ ref('stg_kills') }}
    where killer_id is not null
    union all
    select match_id, seq, fact_no, victim_id, null, victim_team from {{ ref('stg_kills') }}
),

told as (
    select * from series
    union all
    select * from known
    union all
    select * from seen
)

select
    match_id,
    player_id,
    arg_max(name, seq * 1000 + fact_no) filter (name is not null) as name,
    arg_max(team, seq * 1000 + fact_no) filter (team is not null) as team
from told
group by match_id, player_id

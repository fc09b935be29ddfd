-- Picks and bans where the announcement told them, beside which maps a team ends up on and in which place of its series.
with played as (
    select t.*, s.best_of
    from {{ ref('team_map_stats') }} as t
    left join {{ ref('stg_series') }} as s on t.match_id = s.match_id
),

totals as (select team_name, count(*) as maps from played group by team_name),

ended as (
    select
        team_name,
        map_name,
        bool_and(is_final) as is_final,
        count(*)::integer as maps,
        count(*) filter (is_won)::integer as maps_won,
        count(*) filter (map_number = 1)::integer as as_first,
        count(*) filter (map_number = best_of and best_of > 1)::integer as as_last,
        sum(rounds)::integer as rounds,
        sum(rounds_won)::integer as rounds_won
    from played
    group by team_name, map_name
),

chosen as (
    select
        n.team_name,
        v.map_name,
        count(*) filter (v.action = 'pick')::integer as picked,
        count(*) filter (v.action = 'ban')::integer as banned
    from {{ ref('stg_vetoes') }} as v
    inner join (select distinct match_id, team, team_name from played) as n
        on v.match_id = n.match_id and v.team = n.team
    group by n.team_name, v.map_name
)

select
    coalesce(e.team_name, c.team_name) as team_name,
    coalesce(e.map_name, c.map_name) as map_name,
    coalesce(e.is_final, true) as is_final,
    coalesce(e.maps, 0) as maps,
    {{ share('coalesce(e.maps, 0)', 't.maps') }} as map_share,
    coalesce(e.maps_won, 0) as maps_won,
    coalesce(e.as_first, 0) as as_first,
    coalesce(e.as_last, 0) as as_last,
    coalesce(e.rounds, 0) as rounds,
    coalesce(e.rounds_won, 0) as rounds_won,
    {{ share('e.rounds_won', 'e.rounds') }} as round_share,
    coalesce(c.picked, 0) as picked,
    coalesce(c.banned, 0) as banned
from ended as e
full outer join chosen as c on e.team_name = c.team_name and e.map_name = c.map_name
inner join totals as t on coalesce(e.team_name, c.team_name) = t.team_name

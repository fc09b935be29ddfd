-- Nobody tells picks and bans; what is known is which maps a team ends up on, and in which place of its series.
with played as (
    select t.*, s.best_of
    from {{ ref('team_map_stats') }} as t
    left join {{ ref('stg_series') }} as s on t.match_id = s.match_id
),

totals as (select team_name, count(*) as maps from played group by team_name)

select
    p.team_name,
    p.map_name,
    bool_and(p.is_final) as is_final,
    count(*)::integer as maps,
    {{ share('count(*)', 'any_value(t.maps)') }} as map_share,
    count(*) filter (p.is_won)::integer as maps_won,
    count(*) filter (p.map_number = 1)::integer as as_first,
    count(*) filter (p.map_number = p.best_of and p.best_of > 1)::integer as as_last,
    sum(p.rounds)::integer as rounds,
    sum(p.rounds_won)::integer as rounds_won,
    {{ share('sum(p.rounds_won)', 'sum(p.rounds)') }} as round_share
from played as p
inner join totals as t on p.team_name = t.team_name
group by p.team_name, p.map_name

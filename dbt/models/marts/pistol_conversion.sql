-- A pistol round is converted when whoever won it wins the next round too.
with rounds as (
    select t.team_name, t.side, t.is_won, n.is_won as is_next_won, r.is_final
    from {{ ref('int_team_rounds') }} as t
    inner join {{ ref('int_rounds') }} as r
        on t.match_id = r.match_id and t.map_id = r.map_id and t.round_no = r.round_no
    left join {{ ref('int_team_rounds') }} as n
        on t.match_id = n.match_id and t.map_id = n.map_id and t.round_no + 1 = n.round_no and t.team = n.team
    where t.is_pistol and t.side is not null
)

select
    team_name,
    side,
    bool_and(is_final) as is_final,
    count(*)::integer as pistols,
    count(*) filter (is_won)::integer as pistols_won,
    {{ share('count(*) filter (is_won)', 'count(*)') }} as win_share,
    count(*) filter (is_won and is_next_won is not null)::integer as followed,
    count(*) filter (is_won and is_next_won)::integer as converted,
    {{ share('count(*) filter (is_won and is_next_won)', 'count(*) filter (is_won and is_next_won is not null)') }}
        as conversion_share,
    count(*) filter (not is_won and is_next_won)::integer as answered
from rounds
group by team_name, side

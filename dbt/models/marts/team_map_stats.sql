select
    t.match_id,
    t.map_id,
    t.team,
    any_value(t.team_name) as team_name,
    any_value(t.opponent_name) as opponent_name,
    any_value(m.map_name) as map_name,
    any_value(m.map_number) as map_number,
    any_value(m.is_final) as is_final,
    any_value(d.winner_team) = t.team as is_won,
    {{ team_figures() }}
from {{ ref('int_team_rounds') }} as t
inner join {{ ref('stg_maps') }} as m on t.match_id = m.match_id and t.map_id = m.map_id
left join {{ ref('stg_map_decisions') }} as d on t.match_id = d.match_id and t.map_id = d.map_id
group by t.match_id, t.map_id, t.team

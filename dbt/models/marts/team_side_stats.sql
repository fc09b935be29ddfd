select
    t.match_id,
    t.map_id,
    t.team,
    t.side,
    any_value(t.team_name) as team_name,
    any_value(m.map_name) as map_name,
    any_value(m.is_final) as is_final,
    {{ team_figures() }}
from {{ ref('int_team_rounds') }} as t
inner join {{ ref('stg_maps') }} as m on t.match_id = m.match_id and t.map_id = m.map_id
where t.side is not null
group by t.match_id, t.map_id, t.team, t.side

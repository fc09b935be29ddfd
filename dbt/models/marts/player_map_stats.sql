with rounds as (
    select match_id, map_id, count(*)::integer as rounds
    from {{ ref('stg_round_stats') }}
    group by match_id, map_id
),

sums as (
    select match_id, map_id, player_id, {{ sums_of_lines() }}
    from {{ ref('int_player_rounds') }}
    group by match_id, map_id, player_id
)

select
    s.match_id,
    s.map_id,
    s.player_id,
    p.name as player_name,
    p.team,
    case when p.team = 'A' then m.team_a when p.team = 'B' then m.team_b end as team_name,
    m.map_name,
    m.is_final,
    {{ player_figures() }}
from sums as s
inner join rounds as r on s.match_id = r.match_id and s.map_id = r.map_id
inner join {{ ref('stg_maps') }} as m on s.match_id = m.match_id and s.map_id = m.map_id
left join {{ ref('stg_players') }} as p on s.match_id = p.match_id and s.player_id = p.player_id

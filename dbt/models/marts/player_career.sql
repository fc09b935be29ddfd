-- Name and team are those of the last map.
with sums as (
    select
        s.player_id,
        arg_max(s.player_name, m.last_at) as player_name,
        arg_max(s.team_name, m.last_at) as team_name,
        count(distinct s.match_id)::integer as matches,
        count(*)::integer as maps,
        bool_and(s.is_final) as is_final,
        {{ sums_of_sums() }}
    from {{ ref('player_map_stats') }} as s
    inner join {{ ref('stg_maps') }} as m on s.match_id = m.match_id and s.map_id = m.map_id
    group by s.player_id
)

select player_id, player_name, team_name, matches, maps, is_final, {{ player_figures() }}
from sums

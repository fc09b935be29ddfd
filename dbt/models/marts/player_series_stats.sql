with sums as (
    select
        match_id,
        player_id,
        any_value(player_name) as player_name,
        any_value(team) as team,
        any_value(team_name) as team_name,
        count(*)::integer as maps,
        bool_and(is_final) as is_final,
        {{ sums_of_sums() }}
    from {{ ref('player_map_stats') }}
    group by match_id, player_id
)

select match_id, player_id, player_name, team, team_name, maps, is_final, {{ player_figures() }}
from sums

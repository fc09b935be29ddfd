-- Over the rounds that the player himself played on the side.
with sums as (
    select match_id, map_id, player_id, side, count(*)::integer as rounds, {{ sums_of_lines() }}
    from {{ ref('int_player_rounds') }}
    where side is not null
    group by match_id, map_id, player_id, side
)

select s.match_id, s.map_id, s.player_id, s.side, m.map_name, m.is_final, {{ player_figures() }}
from sums as s
inner join {{ ref('stg_maps') }} as m on s.match_id = m.match_id and s.map_id = m.map_id

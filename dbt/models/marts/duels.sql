-- Enemies only and in decided rounds, as in kills_enemy. Who opened a round is told by the lines of killer and victim.
with openings as (
    select
        match_id,
        map_id,
        round_no,
        any_value(player_id) filter (openings_won > 0) as killer_id,
        any_value(player_id) filter (openings_lost > 0) as victim_id
    from {{ ref('int_player_rounds') }}
    group by match_id, map_id, round_no
)

select
    k.match_id,
    k.map_id,
    k.killer_id,
    k.victim_id,
    any_value(r.map_name) as map_name,
    any_value(r.is_final) as is_final,
    count(*)::integer as kills,
    count(*) filter (k.is_headshot)::integer as headshots,
    count(*) filter (k.killer_id = o.killer_id and k.victim_id = o.victim_id)::integer as openings
from {{ ref('stg_kills') }} as k
inner join {{ ref('int_rounds') }} as r on k.match_id = r.match_id and k.map_id = r.map_id and k.round_no = r.round_no
left join openings as o on k.match_id = o.match_id and k.map_id = o.map_id and k.round_no = o.round_no
where k.is_enemy
group by k.match_id, k.map_id, k.killer_id, k.victim_id

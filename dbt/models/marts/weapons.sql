-- Kills of enemies and damage to them in decided rounds. A weapon that its source did not name is `unknown`.
with kills as (
    select match_id, map_id, killer_id as player_id, weapon, count(*) as kills, count(*) filter (is_headshot) as headshots
    from {{ ref('stg_kills') }}
    semi join {{ ref('int_rounds') }} using (match_id, map_id, round_no)
    where is_enemy
    group by match_id, map_id, killer_id, weapon
),

damages as (
    select match_id, map_id, attacker_id as player_id, weapon, count(*) as hits, sum(health_damage) as damage
    from {{ ref('stg_damages') }}
    semi join {{ ref('int_rounds') }} using (match_id, map_id, round_no)
    where is_enemy and attacker_id is not null
    group by match_id, map_id, attacker_id, weapon
),

used as (
    select
        coalesce(k.match_id, d.match_id) as match_id,
        coalesce(k.map_id, d.map_id) as map_id,
        coalesce(k.player_id, d.player_id) as player_id,
        coalesce(k.weapon, d.weapon) as weapon,
        coalesce(k.kills, 0)::integer as kills,
        coalesce(k.headshots, 0)::integer as headshots,
        coalesce(d.hits, 0)::integer as hits,
        coalesce(d.damage, 0)::integer as damage
    from kills as k
    full outer join damages as d
        on k.match_id = d.match_id and k.map_id = d.map_id and k.player_id = d.player_id and k.weapon = d.weapon
)

select
    u.match_id,
    u.map_id,
    u.player_id,
    u.weapon,
    m.map_name,
    m.is_final,
    u.kills,
    u.headshots,
    {{ share('u.headshots', 'u.kills') }} as headshot_share,
    u.hits,
    u.damage
from used as u
inner join {{ ref('stg_maps') }} as m on u.match_id = m.match_id and u.map_id = m.map_id

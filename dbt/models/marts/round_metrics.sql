with kills as (
    select
        match_id,
        map_id,
        round_no,
        count(*) filter (killer_team = 'A')::integer as kills_a,
        count(*) filter (killer_team = 'B')::integer as kills_b,
        count(*) filter (is_headshot)::integer as headshots
    from {{ ref('stg_kills') }}
    where is_enemy and not is_post_round
    group by match_id, map_id, round_no
),

openings as (
    select
        match_id,
        map_id,
        round_no,
        any_value(player_id) filter (openings_won > 0) as opening_killer_id,
        any_value(team) filter (openings_won > 0) as opening_team,
        any_value(player_id) filter (openings_lost > 0) as opening_victim_id
    from {{ ref('int_player_rounds') }}
    group by match_id, map_id, round_no
),

plants as (
    select
        match_id,
        map_id,
        round_no,
        arg_max(site, seq) as site,
        arg_max(player_id, seq) as planter_id,
        arg_max(round_time_s, seq) as planted_at_s
    from {{ ref('stg_bomb') }}
    where status = 'planted'
    group by match_id, map_id, round_no
),

chances as (
    select
        match_id,
        map_id,
        round_no,
        arg_min(p_a_before, seq * 1000 + fact_no) as p_a_start,
        least(min(p_a_before), min(p_a_after)) as p_a_least,
        greatest(max(p_a_before), max(p_a_after)) as p_a_most
    from {{ ref('stg_probabilities') }}
    group by match_id, map_id, round_no
),

swings as (
    select match_id, map_id, round_no, arg_max(player_id, swing) as top_player_id, max(swing) as top_swing
    from {{ ref('int_swings') }}
    group by match_id, map_id, round_no
)

select
    r.match_id,
    r.map_id,
    r.round_no,
    r.map_name,
    r.team_a,
    r.team_b,
    r.is_final,
    r.a_side,
    r.is_pistol,
    r.is_overtime,
    r.equipment_a,
    r.equipment_b,
    r.economy_a,
    r.economy_b,
    o.opening_killer_id,
    o.opening_victim_id,
    o.opening_team,
    p.round_no is not null as is_bomb_planted,
    p.site,
    p.planter_id,
    p.planted_at_s,
    r.winner_team,
    r.winner_side,
    r.reason,
    r.score_a,
    r.score_b,
    r.round_time_s as duration_s,
    r.survivors,
    coalesce(k.kills_a, 0)::integer as kills_a,
    coalesce(k.kills_b, 0)::integer as kills_b,
    coalesce(k.headshots, 0)::integer as headshots,
    c.p_a_start,
    c.p_a_least,
    c.p_a_most,
    s.top_player_id,
    {{ rounded('s.top_swing', 6) }} as top_swing
from {{ ref('int_rounds') }} as r
left join kills as k on r.match_id = k.match_id and r.map_id = k.map_id and r.round_no = k.round_no
left join openings as o on r.match_id = o.match_id and r.map_id = o.map_id and r.round_no = o.round_no
left join plants as p on r.match_id = p.match_id and r.map_id = p.map_id and r.round_no = p.round_no
left join chances as c on r.match_id = c.match_id and r.map_id = c.map_id and r.round_no = c.round_no
left join swings as s on r.match_id = s.match_id and r.map_id = s.map_id and r.round_no = s.round_no

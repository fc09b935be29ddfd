select
    d.match_id,
    d.map_id,
    m.map_name,
    m.map_number,
    m.team_a,
    m.team_b,
    m.is_final,
    d.round_no,
    b.a_side,
    coalesce(b.is_pistol, false) as is_pistol,
    coalesce(b.is_overtime, false) as is_overtime,
    d.winner_team,
    d.winner_side,
    d.reason,
    d.score_a,
    d.score_b,
    d.round_time_s,
    d.survivors,
    l.equipment_a,
    l.equipment_b,
    coalesce(e.economy_a, 'unknown') as economy_a,
    coalesce(e.economy_b, 'unknown') as economy_b,
    d.decided_at
from {{ ref('stg_rounds_decided') }} as d
inner join {{ ref('stg_maps') }} as m on d.match_id = m.match_id and d.map_id = m.map_id
left join {{ ref('stg_rounds_begun') }} as b
    on d.match_id = b.match_id and d.map_id = b.map_id and d.round_no = b.round_no
left join {{ ref('stg_rounds_live') }} as l
    on d.match_id = l.match_id and d.map_id = l.map_id and d.round_no = l.round_no
left join {{ ref('stg_round_economy') }} as e
    on d.match_id = e.match_id and d.map_id = e.map_id and d.round_no = e.round_no

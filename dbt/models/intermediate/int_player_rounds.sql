select
    l.match_id,
    l.map_id,
    l.round_no,
    l.player_id,
    p.team,
    {{ side_of('p.team', 'r.a_side') }} as side,
    p.team = r.winner_team as is_won,
    l.kills_all,
    l.kills_enemy,
    l.headshots,
    l.deaths,
    l.assists,
    l.assists_flash,
    l.damage,
    l.damage_utility,
    l.openings_won,
    l.openings_lost,
    l.trades_kills,
    l.trades_deaths,
    l.survived,
    l.kast,
    l.kast_won,
    l.clutch_opponents,
    l.clutch_won,
    coalesce(s.swing, 0)::double as swing
from {{ ref('stg_player_rounds') }} as l
inner join {{ ref('int_rounds') }} as r on l.match_id = r.match_id and l.map_id = r.map_id and l.round_no = r.round_no
left join {{ ref('stg_players') }} as p on l.match_id = p.match_id and l.player_id = p.player_id
left join {{ ref('int_swings') }} as s
    on l.match_id = s.match_id and l.map_id = s.map_id and l.round_no = s.round_no and l.player_id = s.player_id

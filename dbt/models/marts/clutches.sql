select
    p.match_id,
    p.map_id,
    p.round_no,
    p.player_id,
    p.team,
    p.side,
    r.map_name,
    r.is_final,
    p.clutch_opponents as opponents,
    p.clutch_won > 0 as is_won,
    p.survived > 0 as is_alive,
    p.kills_enemy as kills,
    r.reason
from {{ ref('int_player_rounds') }} as p
inner join {{ ref('int_rounds') }} as r
    on p.match_id = r.match_id and p.map_id = r.map_id and p.round_no = r.round_no
where p.clutch_opponents > 0

select
    map_name,
    bool_and(is_final) as is_final,
    count(distinct (match_id, map_id))::integer as maps,
    count(distinct (match_id, map_id)) filter (is_overtime)::integer as overtime_maps,
    count(*)::integer as rounds,
    count(*) filter (winner_side = 'ct')::integer as ct_won,
    {{ share("count(*) filter (winner_side = 'ct')", 'count(*)') }} as ct_win_share,
    count(*) filter (is_pistol)::integer as pistols,
    count(*) filter (is_pistol and winner_side = 'ct')::integer as pistols_ct_won,
    {{ share("count(*) filter (is_pistol and winner_side = 'ct')", 'count(*) filter (is_pistol)') }}
        as pistol_ct_win_share
from {{ ref('int_rounds') }}
group by map_name

select
    player_id,
    row_number() over (order by rating_2_est desc, rating_1 desc, player_id)::integer as place,
    player_name,
    team_name,
    maps,
    rounds,
    is_final,
    rating_2_est,
    rating_1,
    adr,
    kast,
    {{ share('kills_enemy', 'rounds') }} as kills_per_round,
    {{ share('deaths', 'rounds') }} as deaths_per_round,
    {{ share('openings_won', 'openings_won + openings_lost') }} as opening_share,
    {{ share('clutches_won', 'clutches') }} as clutch_share,
    {{ share('swing', 'rounds') }} as swing_per_round
from {{ ref('player_career') }}
where rounds >= {{ var('leaderboard_rounds') }}

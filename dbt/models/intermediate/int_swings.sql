select match_id, map_id, round_no, player_id, sum(credit) as swing
from {{ ref('stg_swings') }}
group by match_id, map_id, round_no, player_id

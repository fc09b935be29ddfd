with told as ({{ facts_of('map_decided', {'winner_team': 'VARCHAR', 'reason': 'VARCHAR'}) }})

select match_id, map_id, told.winner_team as winner_team, told.reason as reason
from told
qualify row_number() over (partition by match_id, map_id order by seq desc, fact_no desc) = 1

with told as ({{ all_facts_of('withdrawn', {'from_round': 'INTEGER', 'reason': 'VARCHAR'}) }})

select match_id, map_id, seq, told.from_round as from_round, told.reason as reason
from told

-- An announcement tells all steps anew: those of the last one hold.
select
    match_id,
    told.number as number,
    told.map_name as map_name,
    told.action as action,
    told.team as team
from ({{ all_facts_of('map_vetoed', {
    'number': 'INTEGER', 'map_name': 'VARCHAR', 'action': 'VARCHAR', 'team': 'VARCHAR',
}) }})
qualify seq = max(seq) over (partition by match_id)

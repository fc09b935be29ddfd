with told as ({{ facts_of('round_went_live', {'equipment_a': 'INTEGER', 'equipment_b': 'INTEGER'}) }})

select
    match_id, map_id, round_no, told.equipment_a as equipment_a, told.equipment_b as equipment_b
from told
where round_no is not null
qualify row_number() over (partition by match_id, map_id, round_no order by seq desc, fact_no desc) = 1

with told as (
    {{ facts_of('blinded', {
        'victim_id': 'VARCHAR', 'flasher_id': 'VARCHAR', 'duration_s': 'DOUBLE', 'is_enemy': 'BOOLEAN',
    }) }}
)

select
    match_id,
    map_id,
    round_no,
    seq,
    fact_no,
    told.victim_id as victim_id,
    told.flasher_id as flasher_id,
    told.duration_s as duration_s,
    told.is_enemy as is_enemy
from told
where round_no is not null

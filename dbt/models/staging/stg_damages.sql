with told as (
    {{ facts_of('damaged', {
        'victim_id': 'VARCHAR', 'attacker_id': 'VARCHAR', 'attacker_team': 'VARCHAR', 'health_damage': 'INTEGER',
        'weapon': 'VARCHAR', 'is_enemy': 'BOOLEAN', 'is_utility': 'BOOLEAN',
    }) }}
)

select
    match_id,
    map_id,
    round_no,
    seq,
    fact_no,
    told.victim_id as victim_id,
    told.attacker_id as attacker_id,
    told.attacker_team as attacker_team,
    told.health_damage as health_damage,
    coalesce(told.weapon, 'unknown') as weapon,
    told.is_enemy as is_enemy,
    told.is_utility as is_utility
from told
where round_no is not null

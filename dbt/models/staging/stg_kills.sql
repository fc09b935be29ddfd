with told as (
    {{ facts_of('killed', {
        'victim_id': 'VARCHAR', 'victim_team': 'VARCHAR', 'killer_id': 'VARCHAR', 'killer_team': 'VARCHAR',
        'weapon': 'VARCHAR', 'is_headshot': 'BOOLEAN', 'is_team_kill': 'BOOLEAN', 'is_suicide': 'BOOLEAN',
        'round_time_s': 'DOUBLE',
    }) }}
)

select
    match_id,
    map_id,
    round_no,
    seq,
    fact_no,
    told.victim_id as victim_id,
    told.victim_team as victim_team,
    told.killer_id as killer_id,
    told.killer_team as killer_team,
    coalesce(told.weapon, 'unknown') as weapon,
    told.is_headshot as is_headshot,
    told.killer_id is not null and not told.is_team_kill and not told.is_suicide as is_enemy,
    is_post_round,
    told.round_time_s as round_time_s
from told
where round_no is not null

with told as (
    {{ facts_of('bomb_changed', {
        'status': 'VARCHAR', 'player_id': 'VARCHAR', 'site': 'VARCHAR', 'round_time_s': 'DOUBLE',
    }) }}
)

select
    match_id,
    map_id,
    round_no,
    seq,
    fact_no,
    told.status as status,
    told.player_id as player_id,
    told.site as site,
    told.round_time_s as round_time_s
from told
where round_no is not null

select
    match_id,
    map_id,
    coalesce(map_name, 'unknown') as map_name,
    map_number,
    {{ team_name('name_a', 'match_id', "'A'") }} as team_a,
    {{ team_name('name_b', 'match_id', "'B'") }} as team_b,
    score_a,
    score_b,
    rounds as rounds_decided,
    finality,
    finality <> 'provisional' as is_final,
    revision,
    date as played_on,
    last_at
from {{ source('lake', 'quality') }}

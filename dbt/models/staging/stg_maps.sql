select
    q.match_id,
    q.map_id,
    coalesce(q.map_name, 'unknown') as map_name,
    q.map_number,
    {{ team_name('q.name_a', 'q.match_id', "'A'") }} as team_a,
    {{ team_name('q.name_b', 'q.match_id', "'B'") }} as team_b,
    q.score_a,
    q.score_b,
    q.rounds as rounds_decided,
    q.finality,
    q.finality <> 'provisional' and {{ is_counted('q') }} and {{ is_told_alike('q', 'p') }} as is_final,
    q.revision,
    q.date as played_on,
    q.last_at
from {{ source('lake', 'quality') }} as q
left join {{ source('lake', 'parity') }} as p on q.match_id = p.match_id and q.map_id = p.map_id

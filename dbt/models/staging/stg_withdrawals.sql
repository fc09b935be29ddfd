select
    match_id,
    map_id,
    seq,
    (body->>'$.from_round')::integer as from_round,
    body->>'$.reason' as reason
from {{ source('lake', 'facts') }}
where fact = 'withdrawn'

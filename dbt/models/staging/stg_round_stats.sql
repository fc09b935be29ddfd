with told as ({{ facts_of('round_stats', none) }})

select match_id, map_id, (body->>'$.round_no')::integer as round_no, body as told
from told
qualify
    row_number() over (
        partition by match_id, map_id, (body->>'$.round_no')::integer order by seq desc, fact_no desc
    ) = 1

-- Read from the lake once; which facts count, the macro says. Swings are most of all facts and are read where they are
-- summed.
select
    f.match_id,
    f.map_id,
    f.round_no,
    f.seq,
    f.fact_no,
    f.ts_event,
    f.is_post_round,
    f.fact,
    {{ counts('f') }} as is_counted,
    f.body
from {{ source('lake', 'facts') }} as f
where f.fact not in ('swing_credited', 'phase_entered', 'quality', 'withdrawn')

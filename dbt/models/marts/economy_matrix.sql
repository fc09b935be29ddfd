with rounds as (
    select
        map_name,
        case when a_side = 'ct' then economy_a else economy_b end as economy_ct,
        case when a_side = 'ct' then economy_b else economy_a end as economy_t,
        winner_side = 'ct' as has_ct_won,
        is_final
    from {{ ref('int_rounds') }}
    where a_side is not null
)

select
    map_name,
    economy_ct,
    economy_t,
    bool_and(is_final) as is_final,
    count(*)::integer as rounds,
    count(*) filter (has_ct_won)::integer as ct_won,
    {{ share('count(*) filter (has_ct_won)', 'count(*)') }} as ct_win_share
from rounds
group by map_name, economy_ct, economy_t

-- The last that was told over the map, and over its halves and sides: those are told when a half ends.
with told as (
    select *, not contains(body, '"scopes":{}') as has_parts
    from ({{ facts_of('map_stats', none) }})
),

last_told as (
    select match_id, map_id, body, true as is_whole
    from told
    qualify row_number() over (partition by match_id, map_id order by seq desc, fact_no desc) = 1
    union all
    select match_id, map_id, body, false as is_whole
    from told
    where has_parts
    qualify row_number() over (partition by match_id, map_id order by seq desc, fact_no desc) = 1
),

scopes as (
    select match_id, map_id, 'map' as scope, body->'$.players' as players
    from last_told
    where is_whole
    union all
    select l.match_id, l.map_id, part.key as scope, part.value as players
    from last_told as l, json_each(l.body, '$.scopes') as part
    where not l.is_whole
)

select s.match_id, s.map_id, s.scope, player.key as player_id, figure.key as stat_id, figure.value::double as value
from scopes as s, json_each(s.players) as player, json_each(player.value) as figure

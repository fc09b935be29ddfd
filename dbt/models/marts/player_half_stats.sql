-- As the facts tell them when a half ends: which rounds are a half is the rules' matter. What a fact leaves out is 0.
with wide as (
    pivot (
        select match_id, map_id, scope, player_id, replace(stat_id, '.', '_') as stat, value
        from {{ ref('stg_map_figures') }}
        where scope like 'half:%'
    )
    on stat in ({% for name in half_figures() %}'{{ name }}'{% if not loop.last %}, {% endif %}{% endfor %})
    using any_value(value)
    group by match_id, map_id, scope, player_id
)

select
    w.match_id,
    w.map_id,
    w.player_id,
    w.scope[6:]::integer as half,
    m.map_name,
    m.is_final,
    {% for name in half_counts() -%}
    coalesce(w.{{ name }}, 0)::integer as {{ name }},
    {% endfor -%}
    {% for name in half_rates() -%}
    w.{{ name }}::double as {{ name }}{% if not loop.last %},{% endif %}
    {% endfor -%}
from wide as w
inner join {{ ref('stg_maps') }} as m on w.match_id = m.match_id and w.map_id = m.map_id

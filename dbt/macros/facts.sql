{#- Whether a fact counts: told in the live match or its overtime, in a round that no later `withdrawn` took back. How a
    map ended, and its figures then, are also told once it is over, by the source's word; whoever goes back, to whichever
    round, opens the map again. -#}
{% macro counts(f) -%}
(
    ({{ f }}.match_tag in ('live', 'overtime') or {{ f }}.fact in ('map_decided', 'map_stats'))
    and not exists (
        select 1
        from {{ ref('stg_withdrawals') }} as w
        where
            w.match_id = {{ f }}.match_id
            and w.map_id = {{ f }}.map_id
            and w.seq > {{ f }}.seq
            and (w.from_round <= {{ f }}.round_no or {{ f }}.fact = 'map_decided' or {{ f }}.match_tag = 'over')
    )
)
{%- endmacro %}

{#- The facts of one kind that count. `fields` is the body's JSON structure, whose parts are then in `told`. -#}
{% macro facts_of(fact, fields) %}
select
    match_id,
    map_id,
    round_no,
    seq,
    fact_no,
    ts_event,
    is_post_round,
    {% if fields %}json_transform(body, '{{ tojson(fields) }}') as told{% else %}body{% endif %}
from {{ ref('stg_facts') }}
where fact = '{{ fact }}' and is_counted
{% endmacro %}

{#- The swings that count, from the lake. -#}
{% macro swings(fields) %}
select
    f.match_id,
    f.map_id,
    f.round_no,
    f.seq,
    f.fact_no,
    {% if fields %}json_transform(f.body, '{{ tojson(fields) }}') as told{% else %}f.body{% endif %}
from {{ source('lake', 'facts') }} as f
where f.fact = 'swing_credited' and f.round_no is not null and {{ counts('f') }}
{% endmacro %}

{#- The facts of one kind, whatever the match was doing and whatever was taken back. -#}
{% macro all_facts_of(fact, fields) %}
select match_id, map_id, seq, fact_no, json_transform(body, '{{ tojson(fields) }}') as told
from {{ ref('stg_facts') }}
where fact = '{{ fact }}'
{% endmacro %}

{#- The side of a team in a round in which team A had `a_side`. -#}
{% macro side_of(team, a_side) -%}
case
    when {{ team }} = 'A' then {{ a_side }}
    when {{ team }} = 'B' and {{ a_side }} = 'ct' then 't'
    when {{ team }} = 'B' and {{ a_side }} = 't' then 'ct'
end
{%- endmacro %}

{#- A team's name, the same in all of its matches; where nobody told one, what tells it from all others. -#}
{% macro team_name(name, match_id, team) -%}
coalesce({{ name }}, {{ match_id }} || ':' || {{ team }})
{%- endmacro %}

{#- Whether the score of a scorecard is the count of its rounds; a map that was joined midway is excused. -#}
{% macro is_counted(card) -%}
({{ card }}.score_a + {{ card }}.score_b = {{ card }}.rounds or contains({{ card }}.rules, '"joined_midway"'))
{%- endmacro %}

{#- Whether the stream is not known to have told other facts than those of the scorecard. -#}
{% macro is_told_alike(card, parity) -%}
not coalesce({{ parity }}.verdict = 'differs' and {{ parity }}.facts_digest = {{ card }}.facts_digest, false)
{%- endmacro %}

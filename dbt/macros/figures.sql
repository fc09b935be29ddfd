{#- As Python rounds, from the exact value. `round_even` multiplies first: near the middle of two figures it takes the
    other one. -#}
{% macro rounded(value, digits) -%}
format('{:.{{ digits }}f}', ({{ value }})::double)::double
{%- endmacro %}

{#- What is summed of a player, by the name of the column in a round's line. -#}
{% macro counted() -%}
{{ return([
    'kills_all', 'kills_enemy', 'headshots', 'deaths', 'assists', 'assists_flash', 'damage', 'damage_utility',
    'openings_won', 'openings_lost', 'trades_kills', 'trades_deaths',
]) }}
{%- endmacro %}

{#- Further sums, which rates and multi-kills follow from. -#}
{% macro derived_counts() -%}
{%- set names = ['kast_rounds', 'kast_won_rounds', 'clutches', 'clutches_won'] -%}
{%- for n in range(1, 6) %}{% do names.append('multi_' ~ n) %}{% endfor -%}
{%- for n in range(1, 6) %}{% do names.extend(['clutches_1v' ~ n, 'clutches_1v' ~ n ~ '_won']) %}{% endfor -%}
{{ return(names) }}
{%- endmacro %}

{#- Sums over the rows of `int_player_rounds`. -#}
{% macro sums_of_lines() -%}
{% for name in counted() -%}
sum({{ name }})::integer as {{ name }},
{% endfor -%}
sum(kast)::integer as kast_rounds,
sum(kast_won)::integer as kast_won_rounds,
count(*) filter (clutch_opponents > 0)::integer as clutches,
coalesce(sum(clutch_won) filter (clutch_opponents > 0), 0)::integer as clutches_won,
{% for n in range(1, 6) -%}
count(*) filter (kills_enemy = {{ n }})::integer as multi_{{ n }},
{% endfor -%}
{% for n in range(1, 6) -%}
count(*) filter (clutch_opponents = {{ n }})::integer as clutches_1v{{ n }},
coalesce(sum(clutch_won) filter (clutch_opponents = {{ n }}), 0)::integer as clutches_1v{{ n }}_won,
{% endfor -%}
sum(swing)::double as swing
{%- endmacro %}

{#- Sums over rows that hold such sums. -#}
{% macro sums_of_sums() -%}
sum(rounds)::integer as rounds,
{% for name in counted() + derived_counts() -%}
sum({{ name }})::integer as {{ name }},
{% endfor -%}
sum(swing)::double as swing
{%- endmacro %}

{#- The columns of a player's figures in their order: sums, and rates of the sums. -#}
{% macro player_figures() -%}
rounds,
{% for name in counted() + derived_counts() -%}
{{ name }},
{% endfor -%}
{{ rounded('damage / rounds', 4) }} as adr,
{{ rounded(kast('kast_rounds'), 4) }} as kast,
{{ rounded(kast('kast_won_rounds'), 4) }} as kast_won,
{{ rounded(rating_1(), 4) }} as rating_1,
{{ rounded(impact(), 4) }} as impact_est,
{{ rounded(rating_2(), 4) }} as rating_2_est,
{{ rounded('swing', 6) }} as swing
{%- endmacro %}

{#- Formulas and their sources: game.stats. Operations stand in the order of game.statistics.figures, so that a rate is
    the same to its last digit. -#}
{% macro kast(count) -%}
(100 * {{ count }} / rounds)
{%- endmacro %}

{% macro rating_1() -%}
(
    kills_enemy / rounds / {{ var('rating_1_kpr') }}::double
    + 0.7::double * ((rounds - deaths) / rounds / {{ var('rating_1_survival') }}::double)
    + (multi_1 + 4 * multi_2 + 9 * multi_3 + 16 * multi_4 + 25 * multi_5) / rounds / {{ var('rating_1_multi') }}::double
) / 2.7::double
{%- endmacro %}

{% macro impact() -%}
(2.13::double * kills_enemy / rounds + 0.42::double * assists / rounds - 0.41::double)
{%- endmacro %}

{% macro rating_2() -%}
greatest(
    0::double,
    0.0073::double * {{ kast('kast_rounds') }}
    + 0.3591::double * (kills_enemy / rounds)
    - 0.5329::double * (deaths / rounds)
    + 0.2372::double * {{ impact() }}
    + 0.0032::double * damage / rounds
    + 0.1587::double
)
{%- endmacro %}

{#- A share, null where there is nothing that it is a share of. -#}
{% macro share(part, whole) -%}
{{ rounded(part ~ ' / nullif(' ~ whole ~ ', 0)', 6) }}
{%- endmacro %}

{#- What the facts tell of a half, by the name of the column. -#}
{% macro half_counts() -%}
{{ return(['rounds'] + counted() + derived_counts()[2:]) }}
{%- endmacro %}

{% macro half_rates() -%}
{{ return(['adr', 'kast', 'kast_won', 'rating_1', 'impact_est', 'rating_2_est']) }}
{%- endmacro %}

{% macro half_figures() -%}
{{ return(half_counts() + half_rates()) }}
{%- endmacro %}

{#- A team's figures over rows of `int_team_rounds`. -#}
{% macro team_figures() -%}
count(*)::integer as rounds,
count(*) filter (is_won)::integer as rounds_won,
{{ share('count(*) filter (is_won)', 'count(*)') }} as round_share,
count(*) filter (is_pistol)::integer as pistols,
count(*) filter (is_pistol and is_won)::integer as pistols_won,
{% for name in ['kills', 'deaths', 'damage', 'openings_won', 'openings_lost', 'trades_kills', 'clutches', 'clutches_won'] -%}
sum(t.{{ name }})::integer as {{ name }},
{% endfor -%}
{{ share('sum(t.openings_won)', 'sum(t.openings_won + t.openings_lost)') }} as opening_share,
count(*) filter (is_planted)::integer as plants,
count(*) filter (is_planted and is_won)::integer as plants_won
{%- endmacro %}

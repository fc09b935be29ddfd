{#- One row for each combination of `columns`, none of them null: returns those that there are more of, or that are. -#}
{% test grain(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}

{#- Values within [least, most], nulls left aside: returns those that are not. -#}
{% test between(model, column_name, least, most) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} not between {{ least }} and {{ most }}
{% endtest %}

{#- A versioned entity has at most one current version (valid_to is null). -#}
{% test one_current_version(model, key) %}
select {{ key | join(', ') }}
from {{ model }}
where valid_to is null
group by {{ key | join(', ') }}
having count(*) > 1
{% endtest %}

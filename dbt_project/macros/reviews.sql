{#-
  When the n-th working day after a moment is over (UTC): days from Monday to Friday as the zone counts them, no holidays.
-#}
{% macro review_deadline(moment, days, zone) -%}
{%- set day = "cast(timezone('" ~ zone ~ "', timezone('UTC', " ~ moment ~ ")) as date)" -%}
{{ soc2_warehouse.local_to_utc(
    "cast(list_extract(list_filter(generate_series(" ~ day ~ " + 1, " ~ day ~ " + " ~ (2 * days + 6) ~ ", interval 1 day), item -> isodow(item) < 6), " ~ days ~ ") + interval 1 day as timestamp)",
    "'" ~ zone ~ "'"
) }}
{%- endmacro %}

{#- The fields of a JSON object as a list of name:value. -#}
{% macro json_pairs(object) -%}
list_transform(json_keys({{ object }}), name -> name || ':' || json_extract_string({{ object }}, '$."' || name || '"'))
{%- endmacro %}

{#- Items of a list that no pattern of another list covers; * stands for any text, case does not count. -#}
{% macro not_covered(items, patterns) -%}
list_filter({{ items }}, item -> len(list_filter({{ patterns }}, pattern -> {{ soc2_warehouse.matches_pattern('lower(item)', 'lower(pattern)') }})) = 0)
{%- endmacro %}

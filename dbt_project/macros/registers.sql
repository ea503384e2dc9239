{#-
  Registers are lists as of a day. What one says as of the day judged is its newest usable extract, which may be
  empty: the extract decides, not the newest row. Unit tests have no extracts and take the newest day of their rows.
  For any other staging model named stg_<source>__<table> the same holds.
-#}
{% macro newest(relation) -%}
{%- if model is defined and model.resource_type == 'unit_test' -%}
select * from {{ relation }} where _day = (select max(_day) from {{ relation }})
{%- else -%}
select * from {{ relation }} where _run_id = (
    select run_id from raw_meta.selected_runs
    where source_id = '{{ relation.identifier | replace("stg_", "", 1) | replace("__", ".", 1) }}'
    order by logical_date desc limit 1
)
{%- endif -%}
{%- endmacro %}

{#- A list in a register: a YAML list, or a CSV cell with `;` between the items. -#}
{% macro register_list(column, path) -%}
case
    when json_type({{ column }}, '{{ path }}') = 'ARRAY' then json_extract_string({{ column }}, '{{ path }}[*]')
    else list_transform(string_split(json_extract_string({{ column }}, '{{ path }}'), ';'), item -> trim(item))
end
{%- endmacro %}

{#- A figure of a register, which keeps text; null when it is none. -#}
{% macro number_of(text) -%}
try_cast({{ text }} as double)
{%- endmacro %}

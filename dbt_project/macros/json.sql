{#- JSON access. Landing keeps the provider's record as JSON text; these are the only places that know DuckDB's functions. -#}
{% macro json_text(column, path) -%}
json_extract_string({{ column }}, '{{ path }}')
{%- endmacro %}

{% macro json_bool(column, path) -%}
try_cast(json_extract_string({{ column }}, '{{ path }}') as boolean)
{%- endmacro %}

{% macro json_int(column, path) -%}
try_cast(json_extract_string({{ column }}, '{{ path }}') as bigint)
{%- endmacro %}

{% macro json_value(column, path) -%}
json_extract({{ column }}, '{{ path }}')
{%- endmacro %}

{#- A text that holds a JSON document, as JSON; null when it is none. -#}
{% macro json_document(text) -%}
try_cast({{ text }} as json)
{%- endmacro %}

{#- A JSON array of strings as a list of text; null stays null. -#}
{% macro json_texts(column, path) -%}
json_extract_string({{ column }}, '{{ path }}[*]')
{%- endmacro %}

{#- One row per element of a JSON array: use as `cross join {{ json_each('record') }} as item(element)`; element is JSON. -#}
{% macro json_each(expression) -%}
(select unnest(cast(coalesce({{ expression }}, '[]') as json[])) as element)
{%- endmacro %}

{#- The elements at a path of a JSON text as a list; null when there is no array. Use with each_item. -#}
{% macro json_items(column, path) -%}
case when json_type({{ column }}, '{{ path }}') = 'ARRAY' then cast(json_extract({{ column }}, '{{ path }}') as json[]) end
{%- endmacro %}

{#- The names of a JSON object as a list of text; null when there is no object. -#}
{% macro json_names(document) -%}
json_keys({{ document }})
{%- endmacro %}

{#- The value under a name that only the row knows, as JSON text; null when the name is not there. -#}
{% macro json_named(document, name) -%}
cast(json_extract({{ document }}, '$."' || {{ name }} || '"') as varchar)
{%- endmacro %}

{#- A JSON value as people write it in a register: text without quotes, a list as its sorted items with ; between. -#}
{% macro json_written(value) -%}
case json_type({{ value }})
    when 'ARRAY' then array_to_string(list_sort(list_distinct(json_extract_string({{ value }}, '$[*]'))), ';')
    else json_extract_string({{ value }}, '$')
end
{%- endmacro %}

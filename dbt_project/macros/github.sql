{#- GitHub's JSON: REST writes a bot's login with [bot], GraphQL does not; lists keep the order of the answer. -#}

{#- Login of a GraphQL actor as REST writes it. -#}
{% macro github_login(column, path) -%}
{{ soc2_warehouse.json_text(column, path ~ '.login') }}
        || case when {{ soc2_warehouse.json_text(column, path ~ '.__typename') }} = 'Bot' then '[bot]' else '' end
{%- endmacro %}

{#- Elements of a JSON array with their position from 0: `cross join lateral {{ json_each_at('x') }} as item`. -#}
{% macro json_each_at(expression) -%}
(
        select
            unnest(cast(coalesce({{ expression }}, '[]') as json[])) as element,
            generate_subscripts(cast(coalesce({{ expression }}, '[]') as json[]), 1) - 1 as position
    )
{%- endmacro %}

{#- Every text at a path with [*] in it, in order, without the places where there is none. -#}
{% macro json_texts_at(column, path) -%}
coalesce(list_filter(json_extract_string({{ column }}, '{{ path }}'), item -> item is not null), cast([] as varchar[]))
{%- endmacro %}

{% macro lower_texts(texts) -%}
list_transform({{ texts }}, item -> lower(item))
{%- endmacro %}

{% macro texts_joined(prefix, texts) -%}
list_transform({{ texts }}, item -> '{{ prefix }}' || item)
{%- endmacro %}

{#- Ruleset bypass actors as 'ActorType:actor id:mode'; null when the credential may not see them. -#}
{% macro github_bypass_actors(actors) -%}
list_transform(
            cast({{ actors }} as json[]),
            item -> coalesce(json_extract_string(item, '$.actor_type'), '') || ':'
                || coalesce(json_extract_string(item, '$.actor_id'), '') || ':'
                || coalesce(json_extract_string(item, '$.bypass_mode'), '')
        )
{%- endmacro %}

{% macro concat_texts(first, second, third) -%}
list_concat(list_concat({{ first }}, {{ second }}), {{ third }})
{%- endmacro %}

{#- The number after a marker in a text, as text: run ids in addresses. -#}
{% macro number_after(text, marker) -%}
nullif(regexp_extract({{ text }}, '{{ marker }}([0-9]+)', 1), '')
{%- endmacro %}

{% macro epoch_ms(milliseconds) -%}
make_timestamp({{ milliseconds }} * 1000)
{%- endmacro %}

{#- Elements of a JSON array; null when there is no array. -#}
{% macro json_length(column, path) -%}
cast(json_array_length({{ column }}, '{{ path }}') as bigint)
{%- endmacro %}

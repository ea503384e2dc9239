{#-
  What the identity models share: parameters of the controls they prepare rows for, the one way to compare
  e-mail addresses, versions from daily observations, and the few list functions that differ between databases.
-#}

{#-
  Value of a parameter that a control declares, for a model that prepares the control's rows. Declared once, in the
  control's YAML; unit tests read the same YAML through the variable `controls` (see macros/control.sql).
-#}
{% macro parameter_of(control, name) -%}
{%- if not execute -%}{{ return(none) }}{%- endif -%}
{%- set node = graph.get('nodes', {}).get('model.' ~ project_name ~ '.' ~ control) -%}
{%- set meta = node.config.meta if node else var('controls', {}).get(control, {}) -%}
{%- if name not in meta.get('parameters', {}) -%}
  {{ exceptions.raise_compiler_error(control ~ ": parameter " ~ name ~ " is not declared in config.meta.parameters") }}
{%- endif -%}
{%- set override = var('parameters', {}).get(meta.id, {}) -%}
{{ return(override[name] if name in override else meta.parameters[name].value) }}
{%- endmacro %}

{#-
  An e-mail address in the form in which two are compared: lower case, without plus-addressing, alias domains
  replaced. Dots count, except at Gmail, which ignores them. Aliases: AC-16 parameter email_domain_aliases.
-#}
{% macro normalised_email(email) -%}
{%- set aliases = soc2_warehouse.parameter_of('ctl_ac_16__accounts_belong_to_current_people', 'email_domain_aliases') or [] -%}
{%- set local = "regexp_replace(split_part(lower(trim(" ~ email ~ ")), '@', 1), '\\+.*$', '')" -%}
{%- set domain = "split_part(lower(trim(" ~ email ~ ")), '@', 2)" -%}
case
    when {{ domain }} in ('gmail.com', 'googlemail.com') then replace({{ local }}, '.', '') || '@gmail.com'
    {%- for alias in aliases %}
    when {{ domain }} = '{{ alias.split('=')[0] | trim | lower }}' then {{ local }} || '@{{ alias.split('=')[1] | trim | lower }}'
    {%- endfor %}
    when {{ domain }} <> '' then {{ local }} || '@' || {{ domain }}
end
{%- endmacro %}

{#-
  One row per unbroken run of observations with equal attributes: valid_from is the first of them, valid_to the first
  observation that no longer holds (changed or gone), null while current. `observations` needs source_id, account_id,
  run_no, observed_at; `runs` needs source_id, run_no, observed_at. Columns in `kept` come from the newest observation.
-#}
{% macro versions(observations, runs, attributes, kept) -%}
marked as (
    select
        *,
        case
            when run_no = lag(run_no) over (partition by source_id, account_id order by run_no) + 1
                {%- for attribute in attributes %}
                and {{ attribute }} is not distinct from lag({{ attribute }}) over (partition by source_id, account_id order by run_no)
                {%- endfor %}
                then 0
            else 1
        end as is_new_version
    from {{ observations }}
),

numbered as (
    select
        *,
        sum(is_new_version) over (partition by source_id, account_id order by run_no rows unbounded preceding) as version_no
    from marked
),

versioned as (
    select
        source_id,
        account_id,
        version_no,
        {%- for column in attributes + kept %}
        {{ column }},
        {%- endfor %}
        run_no as last_run_no,
        min(observed_at) over (partition by source_id, account_id, version_no) as valid_from
    from numbered
    qualify row_number() over (partition by source_id, account_id, version_no order by run_no desc) = 1
),

dated as (
    select
        versioned.*,
        next_run.observed_at as valid_to
    from versioned
    left join {{ runs }} as next_run
        on next_run.source_id = versioned.source_id and next_run.run_no = versioned.last_run_no + 1
)
{%- endmacro %}

{#- Newest of several timestamps; a null among them is ignored, all null is null. -#}
{% macro newest_of(timestamps) -%}
greatest({{ timestamps | join(', ') }})
{%- endmacro %}

{% macro oldest_of(timestamps) -%}
least({{ timestamps | join(', ') }})
{%- endmacro %}

{#- A date some days later (or earlier), as a date. -#}
{% macro date_plus(date, days) -%}
cast({{ date }} + {{ days }} as date)
{%- endmacro %}

{#- The zone when the database knows it, else the other: an unknown name would stop the whole model. -#}
{% macro known_zone(zone, otherwise) -%}
case when {{ zone }} in (select name from pg_timezone_names()) then {{ zone }} else {{ otherwise }} end
{%- endmacro %}

{#- Text of one field of those elements of a JSON array whose other field has a value. -#}
{% macro json_texts_where(array, field, where_field, value) -%}
list_transform(
    list_filter(cast({{ array }} as json[]), item -> json_extract_string(item, '$.{{ where_field }}') = '{{ value }}'),
    item -> json_extract_string(item, '$.{{ field }}')
)
{%- endmacro %}

{#- Text of one field of every element of a JSON array, null stays null. -#}
{% macro json_array_texts(array, field) -%}
list_transform(cast({{ array }} as json[]), item -> json_extract_string(item, '$.{{ field }}'))
{%- endmacro %}

{% macro json_array_size(array) -%}
json_array_length({{ array }})
{%- endmacro %}

{% macro first_item(list) -%}
list_extract({{ list }}, 1)
{%- endmacro %}

{#- A parameter list as a list literal of text. -#}
{% macro text_list(values) -%}
cast([{% for value in values or [] %}'{{ value | string | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}] as varchar[])
{%- endmacro %}

{% macro texts_overlap(list, other) -%}
list_has_any({{ list }}, {{ other }})
{%- endmacro %}

{#- Distinct values of a group in order, nulls left out; an empty group gives an empty list. -#}
{% macro distinct_texts(expression) -%}
coalesce(list(distinct {{ expression }} order by {{ expression }}) filter (where {{ expression }} is not null), cast([] as varchar[]))
{%- endmacro %}

{% macro comma_separated(list) -%}
array_to_string({{ list }}, ', ')
{%- endmacro %}

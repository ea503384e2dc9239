{#- What the models of incidents need of the engine. -#}

{#- The oldest instant in one field of those elements of a JSON array whose other field has a value (UTC). -#}
{% macro oldest_time_where(array, field, where_field, value) -%}
list_min(list_transform(
    {{ soc2_warehouse.json_texts_where(array, field, where_field, value) }}, item -> {{ soc2_warehouse.utc('item') }}
))
{%- endmacro %}

{#- Instants at the begin of the texts of a list (UTC); a text without one gives null. -#}
{% macro leading_times(texts) -%}
list_transform({{ texts }}, item -> {{ soc2_warehouse.utc("split_part(trim(item), ' ', 1)") }})
{%- endmacro %}

{#- How many items of a list are null. -#}
{% macro null_count(list) -%}
len(list_filter({{ list }}, item -> item is null))
{%- endmacro %}

{% macro smallest_of(list) -%}
list_min({{ list }})
{%- endmacro %}

{% macro largest_of(list) -%}
list_max({{ list }})
{%- endmacro %}

{#- Severities from P1 (the highest) to P4; anything else is none. -#}
{% macro is_severity(text) -%}
coalesce({{ text }} in ('P1', 'P2', 'P3', 'P4'), false)
{%- endmacro %}

{#-
  Incidents that the controls judge, as a select: of the window, and not taken out of the population by somebody. IR-01
  lists those that are out.
-#}
{% macro incidents_judged() -%}
select * from {{ ref('fct_incident') }} where is_in_window and not is_excluded
{%- endmacro %}

{#- Whether a severity is one of a parameter's list. -#}
{% macro severity_in(severity, names) -%}
{{ soc2_warehouse.item_in(severity, soc2_warehouse.text_list(names)) }}
{%- endmacro %}

{#-
  Completeness of a control over incidents, as a select: each incident that meets `condition` has a row (column
  incident_id), and zero is proven when there are others, or IR-01 proves that there is none.
-#}
{% macro incidents_reconciled(control, condition, what) -%}
with expected as (select count(*) as incidents from ({{ soc2_warehouse.incidents_judged() }}) as judged where {{ condition }}),

actual as (select count(distinct incident_id) as incidents from {{ ref(control) }})

select
    'every_incident_judged' as check_name,
    'fct_incident' as scope,
    cast(expected.incidents as bigint) as expected,
    cast(actual.incidents as bigint) as actual,
    expected.incidents = actual.incidents as passed,
    '{{ what }}, each with a row' as detail
from expected
cross join actual

union all

-- Only stands here when it holds.
select 'no_such_incident', 'fct_incident', cast(0 as bigint), cast(0 as bigint), true, 'none of the incidents is one, or IR-01 proves that there is no incident'
from expected
where expected.incidents = 0
    and (
        exists (select 1 from ({{ soc2_warehouse.incidents_judged() }}) as judged)
        or exists (select 1 from {{ ref('ctl_ir_01__reconciled') }} where check_name = 'no_incident_and_detection_works')
    )
{%- endmacro %}

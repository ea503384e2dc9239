{#- What the __reconciled models share: independent counts against the rows of a control. -#}

{#-
  The select list of one check: two counts must agree. What follows it is `from`. `some`: and there must be something to
  count, since nothing agrees with nothing.
-#}
{% macro counts_agree(check_name, scope, expected, actual, detail, some=false) -%}
select
    '{{ check_name }}' as check_name,
    '{{ scope }}' as scope,
    cast({{ expected }} as bigint) as expected,
    cast({{ actual }} as bigint) as actual,
    {{ expected }} = {{ actual }}{{ ' and ' ~ expected ~ ' > 0' if some }} as passed,
    '{{ detail }}' as detail
{%- endmacro %}

{#-
  The same over a relation of checks: check_name, scope, expected, actual, detail. `also`: what must hold besides. A count that
  could not be made (null) leaves the check open, or with `unread_fails` fails it.
-#}
{% macro checks_agree(checks, also='', unread_fails=false) -%}
{%- set agree = 'expected = actual' ~ (' and ' ~ also if also else '') -%}
select
    check_name,
    scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    {{ 'coalesce(' ~ agree ~ ', false)' if unread_fails else agree }} as passed,
    detail
from {{ checks }}
{%- endmacro %}

{#- Regions that are enabled on the day judged, as a select. -#}
{% macro enabled_regions() -%}
select region
from {{ ref('stg_aws_data__regions') }}
where _day = {{ as_of_day() }} and is_enabled
{%- endmacro %}

{#- Every enabled region was asked for every service that a source of AWS lists by region. -#}
{% macro places_listed(relation, source_id) -%}
{{ soc2_warehouse.counts_agree('places_listed', source_id, 'expected', 'actual', 'enabled regions × services, each asked', some=true) }}
from (
    select
        (
            select count(*)
            from ({{ soc2_warehouse.enabled_regions() }}) as regions
            cross join (select distinct service from {{ relation }} where _day = {{ as_of_day() }}) as services
        ) as expected,
        (
            select count(*)
            from (
                select distinct listed.region, listed.service
                from {{ relation }} as listed
                inner join ({{ soc2_warehouse.enabled_regions() }}) as regions on regions.region = listed.region
                where listed._day = {{ as_of_day() }}
            ) as found
        ) as actual
) as counts
{%- endmacro %}

{#- Every run of the window is of a pipeline that the register knows. -#}
{% macro runs_name_a_pipeline() -%}
{{ soc2_warehouse.counts_agree('runs_name_a_pipeline', 'processing.runs', 'expected', 'actual', 'runs in the window, against those whose pipeline the register knows') }}
from (
    select
        (
            select count(distinct run_id) from {{ ref('stg_processing__runs') }}
            where coalesce(scheduled_for, started_at) >= (select cast(window_start as timestamp) from {{ ref('dim_engagement') }})
        ) as expected,
        (select count(distinct run_id) from {{ ref('fct_processing_run') }}) as actual
) as counts
{%- endmacro %}

{#- The scan for personal data looked into something. -#}
{% macro scan_read() -%}
{{ soc2_warehouse.counts_agree('scan_read', 'privacy.catalog_scans', 'expected', 'actual', 'a scan with at least one store in it') }}
from (
    select
        1 as expected,
        (select case when count(*) > 0 then 1 else 0 end from ({{ soc2_warehouse.newest(ref('stg_privacy__catalog_scans')) }}) as newest_scan) as actual
) as counts
{%- endmacro %}

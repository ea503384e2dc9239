{#-
  Landing to staging. The raw tables hold the records of the selected runs (the newest usable run of each table and
  logical day, up to the day judged); a staging model parses each run once and forgets runs that were superseded.
-#}

{#- Rows of the raw table whose run this staging model has not parsed yet. -#}
{% macro new_runs(source_name, table_name) -%}
select * from {{ source(source_name, table_name) }}
{%- if is_incremental() %}
where _run_id in (
    select run_id from raw_meta.selected_runs
    where source_id = '{{ source_name }}.{{ table_name }}'
        and run_id not in (select run_id from raw_meta.parsed_runs where model = '{{ this.identifier }}')
)
{%- endif %}
{%- endmacro %}

{#- The newest record of each key of an event table whose records are exported again when they change. -#}
{% macro newest_records(relation, key) -%}
select * from {{ relation }}
qualify row_number() over (partition by {{ key }} order by _day desc, _run_id desc, _seq desc) = 1
{%- endmacro %}

{#- What a source of AWS lists of each service of each region: one row per resource, or the error answered instead. -#}
{% macro service_resources(source_name) -%}
with source as (
    {{ soc2_warehouse.new_runs(source_name, 'resources') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Service') }} as service,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.Id') }} as resource_id,
        item.element as settings,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
{%- endmacro %}

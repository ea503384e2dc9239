{#-
  What the models of stores and keys share. Lists that a provider answers per region or user are landed as one record;
  staging unfolds them and keeps one row without an element for an empty list, so that "nothing there" stays provable.
-#}

{#- Left join: one row per element of a JSON array, one row with a null element for an empty or missing array. -#}
{% macro each_or_none(column) -%}
left join lateral (select unnest(cast({{ column }} as json[])) as element) as item on true
{%- endmacro %}

{#- Value of the tag whose key, without case, '-' and '_', is one of `names`; tags are [{"Key": …, "Value": …}]. -#}
{% macro tag_value(tags, names) -%}
list_extract(
    list_transform(
        list_filter(
            cast({{ tags }} as json[]),
            item -> replace(replace(lower(json_extract_string(item, '$.Key')), '-', ''), '_', '')
                in ({% for name in names %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
        ),
        item -> json_extract_string(item, '$.Value')
    ),
    1
)
{%- endmacro %}

{#- The class of data that a resource's tags name, lower case. -#}
{% macro tagged_class(tags) -%}
lower(trim({{ tag_value(tags, ['dataclass', 'dataclassification', 'classification']) }}))
{%- endmacro %}

{#- Length of a JSON array; null when it is none. -#}
{% macro json_count(column) -%}
case when json_type({{ column }}) = 'ARRAY' then json_array_length({{ column }}) end
{%- endmacro %}

{#- Sum of the values of a JSON object of numbers. -#}
{% macro json_sum(column) -%}
list_sum(list_transform(json_keys({{ column }}), name -> cast(json_extract_string({{ column }}, '$."' || name || '"') as bigint)))
{%- endmacro %}

{#- Part of an ARN or path, counted from 1. -#}
{% macro part(text, separator, position) -%}
nullif(split_part({{ text }}, '{{ separator }}', {{ position }}), '')
{%- endmacro %}

{#- A text without everything up to the last '/' or ':'. -#}
{% macro last_part(text) -%}
nullif(regexp_extract({{ text }}, '([^/:]+)$', 1), '')
{%- endmacro %}

{#- The last `length` characters. -#}
{% macro ending(text, length) -%}
right({{ text }}, {{ length }})
{%- endmacro %}

{#-
  Versions from daily observations: one row per unbroken run of days with equal `attributes`. valid_from is the first
  of those days, valid_to the first day on which it no longer holds (changed or gone), null while current. A day
  without an observation of anything (no usable extract) breaks nothing: `days` lists the days that were observed.
  `kept` columns come from the newest observation.
-#}
{% macro dated_versions(observed, days, keys, attributes, kept=[]) -%}
observed_days as (
    select _day, row_number() over (order by _day) as day_no
    from (select distinct _day from {{ days }}) as listed
),

marked as (
    select
        rows_of_day.*,
        observed_days.day_no,
        case
            when observed_days.day_no = lag(observed_days.day_no) over by_key + 1
                {%- for attribute in attributes %}
                and rows_of_day.{{ attribute }} is not distinct from lag(rows_of_day.{{ attribute }}) over by_key
                {%- endfor %}
                then 0
            else 1
        end as is_new_version
    from {{ observed }} as rows_of_day
    inner join observed_days on observed_days._day = rows_of_day._day
    window by_key as (partition by {% for key in keys %}rows_of_day.{{ key }}, {% endfor %}1 order by observed_days.day_no)
),

numbered as (
    select
        *,
        sum(is_new_version) over (partition by {{ keys | join(', ') }} order by day_no rows unbounded preceding) as version_no
    from marked
),

folded as (
    select
        {%- for column in keys + attributes + kept %}
        {{ column }},
        {%- endfor %}
        day_no as last_day_no,
        min(_day) over (partition by {{ keys | join(', ') }}, version_no) as valid_from
    from numbered
    qualify row_number() over (partition by {{ keys | join(', ') }}, version_no order by day_no desc) = 1
),

versions as (
    select
        {%- for column in keys + attributes + kept %}
        folded.{{ column }},
        {%- endfor %}
        folded.valid_from,
        next_day._day as valid_to
    from folded
    left join observed_days as next_day on next_day.day_no = folded.last_day_no + 1
)
{%- endmacro %}

{#- An instant from milliseconds since 1970 as a UTC timestamp. -#}
{% macro from_millis(milliseconds) -%}
cast(to_timestamp({{ milliseconds }} / 1000.0) at time zone 'UTC' as timestamp)
{%- endmacro %}

{#- Whether a list includes a value; false when the list or the value is null. -#}
{% macro includes(list, value) -%}
coalesce(list_contains({{ list }}, {{ value }}), false)
{%- endmacro %}

{#- The parts of a sentence that apply (are not null), put together. -#}
{% macro sentence_of(parts, separator='; ') -%}
array_to_string(list_filter([{{ parts | join(', ') }}], item -> item is not null), '{{ separator }}')
{%- endmacro %}

{#- Whether a list has no items. -#}
{% macro is_empty_list(list) -%}
len({{ list }}) = 0
{%- endmacro %}

{% macro empty_codes() -%}
cast([] as varchar[])
{%- endmacro %}

{#- Newest of several timestamps; a null among them is ignored. -#}
{% macro latest_of(timestamps) -%}
greatest({{ timestamps | join(', ') }})
{%- endmacro %}

{#- How strong a bucket's algorithm is, as a number to compare; null for one that is not known. -#}
{% macro encryption_strength(algorithm) -%}
case {{ algorithm }} when 'AES256' then 1 when 'aws:kms' then 2 when 'aws:kms:dsse' then 3 end
{%- endmacro %}

{#- How many different values lists hold together; 0 for lists that are null or empty. -#}
{% macro count_distinct_of(list, other='null') -%}
coalesce(len(list_distinct(list_concat(coalesce({{ list }}, []), coalesce({{ other }}, [])))), 0)
{%- endmacro %}

{#- Aggregate: the value of the row in which `order` is greatest. -#}
{% macro latest_value(value, order) -%}
max_by({{ value }}, {{ order }})
{%- endmacro %}

{#- Days between two runs of AWS's rate(10 days), rate(12 hours); null for a cron expression, which says no interval. -#}
{% macro rate_days(expression) -%}
(
    cast(nullif(regexp_extract({{ expression }}, 'rate[(]([0-9]+) ', 1), '') as double)
    * case when {{ expression }} like '% day%' then 1 when {{ expression }} like '% hour%' then 1.0 / 24 end
)
{%- endmacro %}

{#- A flag of a public access block: where there is no block (404) it is off, and a refusal says nothing. -#}
{% macro block_flag(table, flag) -%}
case when {{ table }}.error_code is null then coalesce({{ table }}.{{ flag }}, false) when {{ table }}.error_status = 404 then false end
{%- endmacro %}

{#-
  Production databases that speak SQL and can be asked, as a select: replicas too, members of a cluster through the cluster.
  One whose environment no register tells is production.
-#}
{% macro production_sql_databases() -%}
select *
from {{ ref('dim_database') }}
where valid_to is null
    and kind in ('instance', 'cluster', 'warehouse')
    and role <> 'member'
    and coalesce(environment, 'production') in ('production', 'shared')
    and coalesce(lower(status), 'available') not in ('stopped', 'stopping', 'deleting', 'creating', 'paused')
{%- endmacro %}

{#- Whether a text begins with another one. -#}
{% macro begins_with(text, beginning) -%}
starts_with({{ text }}, {{ beginning }})
{%- endmacro %}

{#- Median of the values of the same group on the days before, as many as `days` back, the day itself not included. -#}
{% macro median_before(value, groups, day, days) -%}
median({{ value }}) over (
    partition by {{ groups | join(', ') }} order by {{ day }}
    range between interval {{ days }} days preceding and interval 1 day preceding
)
{%- endmacro %}

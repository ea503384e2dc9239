{#- Lists and calendars, as vendor and evidence models use them. -#}

{#- Every date from one to another, both included: use as `cross join {{ each_day('a', 'b') }} as calendar(day)`. -#}
{% macro each_day(first, last) -%}
lateral (select cast(unnest(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval 1 day)) as date))
{%- endmacro %}

{#- One row per item of a list: use as `cross join {{ each_item('list') }} as item(value)`. -#}
{% macro each_item(list) -%}
lateral (select unnest({{ list }}))
{%- endmacro %}

{#- The same date a year later; 29 February becomes 28 February. -#}
{% macro plus_year(day) -%}
cast({{ day }} + interval 1 year as date)
{%- endmacro %}

{#- Aggregate: the values as a list in order. -#}
{% macro ordered_list(value, order) -%}
list({{ value }} order by {{ order }})
{%- endmacro %}

{#- A list of text as one text. -#}
{% macro joined(list, separator=', ') -%}
array_to_string({{ list }}, '{{ separator }}')
{%- endmacro %}

{#- First and last day of the month, quarter or year (or the day itself) that a day lies in. -#}
{% macro period_start(frequency, day) -%}
case {{ frequency }}
    when 'monthly' then cast(date_trunc('month', {{ day }}) as date)
    when 'quarterly' then cast(date_trunc('quarter', {{ day }}) as date)
    when 'annual' then cast(date_trunc('year', {{ day }}) as date)
    else {{ day }}
end
{%- endmacro %}

{% macro period_end(frequency, day) -%}
case {{ frequency }}
    when 'monthly' then cast(date_trunc('month', {{ day }}) + interval 1 month - interval 1 day as date)
    when 'quarterly' then cast(date_trunc('quarter', {{ day }}) + interval 3 month - interval 1 day as date)
    when 'annual' then cast(date_trunc('year', {{ day }}) + interval 1 year - interval 1 day as date)
    else {{ day }}
end
{%- endmacro %}

{#- Whole days from one date to another. -#}
{% macro whole_days(earlier, later) -%}
date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{#- The values that are not null, as a list. -#}
{% macro present(values) -%}
list_filter([{{ values | join(', ') }}], item -> item is not null)
{%- endmacro %}

{#- A list without its nulls; empty when there is no list. -#}
{% macro compact(list) -%}
coalesce(list_filter({{ list }}, item -> item is not null), [])
{%- endmacro %}

{#- The same day some calendar months later, the last of the month where it has no such day. -#}
{% macro plus_months(day, months) -%}
cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{#- Position of a value in a list, from 1; null when it is not in it. -#}
{% macro position_in(list, value) -%}
nullif(list_position({{ list }}, {{ value }}), 0)
{%- endmacro %}

{#- Whole calendar months from one date to another: 31 August to 30 November is three. -#}
{% macro whole_months(earlier, later) -%}
(date_diff('month', {{ earlier }}, {{ later }})
    - case when {{ later }} < {{ soc2_warehouse.plus_months(earlier, "date_diff('month', " ~ earlier ~ ", " ~ later ~ ")") }} then 1 else 0 end)
{%- endmacro %}

{#- Whether two lists hold the same texts, in any order; null when one is null. -#}
{% macro same_texts(list, other) -%}
(list_sort(list_distinct({{ list }})) = list_sort(list_distinct({{ other }})))
{%- endmacro %}

{#-
  Days around the one that is judged, as a select: day, is_business (Monday to Friday, no holiday of the company's
  calendar) and business_no, which counts business days up to and with the day.
-#}
{% macro numbered_days(calendar) -%}
select day, is_business, sum(case when is_business then 1 else 0 end) over (order by day rows unbounded preceding) as business_no
from (
    select
        listed.day,
        {{ soc2_warehouse.weekday_of('listed.day') }} < 6 and holidays.date is null as is_business
    from (
        select day
        from {{ soc2_warehouse.each_day(soc2_warehouse.date_plus(soc2_warehouse.as_of_day(), -1100), soc2_warehouse.date_plus(soc2_warehouse.as_of_day(), 60)) }} as every (day)
    ) as listed
    left join (
        select distinct date
        from ({{ soc2_warehouse.newest(ref('stg_registers__holidays')) }}) as register
        where calendar = {{ calendar }}
    ) as holidays on holidays.date = listed.day
) as calendar
{%- endmacro %}

{#- The items that two lists have in common. -#}
{% macro shared_items(list, other) -%}
list_intersect({{ list }}, {{ other }})
{%- endmacro %}

{#- The first text of a list that one of some patterns with * covers; null when none is. -#}
{% macro first_covered(patterns, texts) -%}
list_filter({{ texts }}, item -> len(list_filter({{ patterns }}, pattern -> {{ soc2_warehouse.covers('pattern', 'item') }})) > 0)[1]
{%- endmacro %}

{#- Two lists one after the other. -#}
{% macro listed_together(list, other) -%}
list_concat({{ list }}, {{ other }})
{%- endmacro %}

{#- The texts of a list without blanks around them, each once and in order. -#}
{% macro sorted_texts(list) -%}
list_sort(list_distinct(list_transform({{ list }}, item -> trim(item))))
{%- endmacro %}

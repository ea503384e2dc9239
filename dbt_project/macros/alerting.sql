{#- What the alert models share. -#}

{#- A UTC timestamp as wall time in an IANA zone: every instant has one; in the hour that a clock shows twice two share it. -#}
{% macro local_time(timestamp, zone) -%}
timezone({{ zone }}, timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{#- Whether wall time lies on one of the weekdays (ISO, a list of text), from `start` on and before `end`. -#}
{% macro within_hours(local, weekdays, start, end) -%}
(
    list_contains({{ weekdays }}, cast(extract(isodow from {{ local }}) as varchar))
    and cast({{ local }} as time) >= cast({{ start }} as time)
    and cast({{ local }} as time) < cast({{ end }} as time)
)
{%- endmacro %}

{#-
  Events close together, as a select: a window slides from event to event, so that no boundary of a clock parts what
  belongs together. An event triggers when it and `threshold` events before it lie within `window_seconds` (exactly that
  is within). An episode is an unbroken run, no gap longer than `gap_seconds`, in which one triggered; it begins with the
  first event of the window that triggered first. events: a CTE with user_key, event_id, occurred_at; kept: columns whose
  least value per episode is kept.
-#}
{% macro burst_episodes(events, threshold, window_seconds, gap_seconds, kept=[]) -%}
select
    user_key,
    min(window_began_at) as episode_start,
    min(triggered_at) as triggered_at,
    max(occurred_at) as episode_end,
    {%- for column in kept %}
    min({{ column }}) as {{ column }},
    {%- endfor %}
    count(*) as events
from (
    select
        *,
        case when {{ seconds_between('began_at', 'occurred_at') }} <= {{ window_seconds }} then began_at end as window_began_at,
        case when {{ seconds_between('began_at', 'occurred_at') }} <= {{ window_seconds }} then occurred_at end as triggered_at,
        sum(case when {{ seconds_between('previous_at', 'occurred_at') }} <= {{ gap_seconds }} then 0 else 1 end) over (
            partition by user_key order by occurred_at, event_id rows unbounded preceding
        ) as run_no
    from (
        select
            *,
            lag(occurred_at) over one_user as previous_at,
            lag(occurred_at, {{ threshold }}) over one_user as began_at
        from {{ events }}
        window one_user as (partition by user_key order by occurred_at, event_id)
    ) as paired
) as numbered
group by user_key, run_no
having min(triggered_at) is not null
{%- endmacro %}

{#- Whether two lists of text have the same items, in whatever order. -#}
{% macro same_items(list, other) -%}
(list_sort(coalesce({{ list }}, [])) = list_sort(coalesce({{ other }}, [])))
{%- endmacro %}

{#- Seconds since Monday, midnight, on a wall clock. -#}
{% macro seconds_of_week(local) -%}
cast(epoch({{ local }}) - epoch(date_trunc('week', {{ local }})) as bigint)
{%- endmacro %}

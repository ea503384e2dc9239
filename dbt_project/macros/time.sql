{#-
  The moment and the logical day that the run judges. No model may read the clock. They live in a one-row table and not
  in a variable: the SQL stays the same from night to night, so its hash does, and dbt need not parse the project anew.
  Unit tests read the variables of dbt_project.yml.
-#}
{% macro as_of() -%}
{%- if model is defined and model.resource_type == 'unit_test' -%}
cast('{{ var("as_of") }}' as timestamp)
{%- else -%}
(select as_of from raw_meta.run)
{%- endif -%}
{%- endmacro %}

{% macro as_of_day() -%}
{%- if model is defined and model.resource_type == 'unit_test' -%}
cast('{{ var("logical_date") }}' as date)
{%- else -%}
(select logical_date from raw_meta.run)
{%- endif -%}
{%- endmacro %}

{#- An instant from an API's text (ISO 8601 with offset, or date only) as a UTC timestamp; null when it is no time. -#}
{% macro utc(text) -%}
cast(try_cast({{ text }} as timestamptz) at time zone 'UTC' as timestamp)
{%- endmacro %}

{#- A local wall time in an IANA zone as a UTC timestamp; 24 h across a clock change stay 24 elapsed hours. -#}
{% macro local_to_utc(local_timestamp, zone) -%}
cast(timezone('UTC', timezone({{ zone }}, {{ local_timestamp }})) as timestamp)
{%- endmacro %}

{#- Elapsed time between two timestamps in hours, fractional. -#}
{% macro hours_between(earlier, later) -%}
(epoch({{ later }}) - epoch({{ earlier }})) / 3600.0
{%- endmacro %}

{#- Elapsed time between two timestamps in days of 24 h, fractional. -#}
{% macro days_between(earlier, later) -%}
(epoch({{ later }}) - epoch({{ earlier }})) / 86400.0
{%- endmacro %}

{% macro plus_days(timestamp, days) -%}
({{ timestamp }} + to_hours(24 * cast({{ days }} as integer)))
{%- endmacro %}

{% macro plus_hours(timestamp, hours) -%}
({{ timestamp }} + to_hours(cast({{ hours }} as integer)))
{%- endmacro %}

{#-
  The same time of day some business days later (Monday to Friday, UTC); from a weekend, counted from Friday. Holidays are
  business days here: where a deadline spares them, `numbered_days` has the company's calendar.
-#}
{% macro plus_business_days(timestamp, days) -%}
({{ timestamp }} + to_days(cast(
    case isodow({{ timestamp }}) when 6 then -1 when 7 then -2 else 0 end
    + {{ days }} + 2 * floor(({{ days }} + least(isodow({{ timestamp }}), 5) - 1) / 5)
as integer)))
{%- endmacro %}

{#- When the n-th business day after a moment is over (UTC), by the same calendar. -#}
{% macro business_days_end(timestamp, days) -%}
cast(cast({{ soc2_warehouse.plus_business_days(timestamp, days) }} as date) + 1 as timestamp)
{%- endmacro %}

{#- The calendar day of a UTC timestamp in an IANA zone. -#}
{% macro local_day(timestamp, zone) -%}
cast(timezone({{ zone }}, timezone('UTC', {{ timestamp }})) as date)
{%- endmacro %}

{#- Day of the week from Monday, 1, to Sunday, 7. -#}
{% macro weekday_of(day) -%}
extract(isodow from {{ day }})
{%- endmacro %}

{#- An instant as `utc` reads it, null where the text does not say its zone: guessed, it would make gaps that are none. -#}
{% macro utc_with_zone(text) -%}
case when regexp_matches({{ text }}, '[0-9](Z|[+-][0-9]{2}:?[0-9]{2})$') then {{ soc2_warehouse.utc(text) }} end
{%- endmacro %}

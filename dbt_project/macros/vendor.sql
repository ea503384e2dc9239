{#- What the controls over yearly assessments of vendors share. -#}

{#- Until when the last assessment counts: a year, or as the register's calendar says. -#}
{% macro current_until() -%}
case when {{ soc2_warehouse.param('annual_rule') }} = 'calendar' then due_at else performed_at + 365 end
{%- endmacro %}

{#- Codes with their conditions, for `codes`; demanded_from is the day on which the first assessment must be there. -#}
{% macro assessment_codes(demanded_from) -%}
{{ return([
    ('ASSESSMENT_MISSING', 'performed_at is null and coalesce(' ~ demanded_from ~ ' <= ' ~ soc2_warehouse.as_of_day() ~ ', true)'),
    ('ASSESSMENT_OVERDUE', 'current_until < ' ~ soc2_warehouse.as_of_day()),
    ('REPORT_NOT_REVIEWED', 'unreviewed_document_uri is not null'),
]) }}
{%- endmacro %}

{#- The sentences of these codes, for `present`. -#}
{% macro assessment_reasons(missing, assessed) -%}
{%- set is_missing = soc2_warehouse.item_in("'ASSESSMENT_MISSING'", 'codes') -%}
{%- set is_overdue = soc2_warehouse.item_in("'ASSESSMENT_OVERDUE'", 'codes') -%}
{%- set is_unreviewed = soc2_warehouse.item_in("'REPORT_NOT_REVIEWED'", 'codes') -%}
{{ return([
    "case when " ~ is_missing ~ " then '" ~ missing ~ "' end",
    "case when " ~ is_overdue ~ " then 'Last " ~ assessed ~ " on ' || cast(performed_at as varchar) || ', current until ' || cast(current_until as varchar) || '.' end",
    "case when " ~ is_unreviewed ~ " then 'A document was received but has no reviewer or no outcome: ' || unreviewed_document_uri || '.' end",
]) }}
{%- endmacro %}

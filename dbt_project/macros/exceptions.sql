{#- Exceptions of controls: when they are due, and whom they are about. -#}

{#- By when management promised the repair: days of EV-06 by severity after the present interval began. -#}
{% macro due_at(opened_at, severity) -%}
{%- set control = 'ctl_ev_06__exceptions_are_governed' -%}
case {{ severity }}
    {%- for name in ('critical', 'high', 'medium', 'low') %}
    when '{{ name }}' then {{ soc2_warehouse.plus_days(opened_at, soc2_warehouse.parameter_of(control, 'due_days_' ~ name)) }}
    {%- endfor %}
end
{%- endmacro %}

{#- Whether a part of a key (parts are joined by a bar) is the given one, or several that follow each other are. -#}
{% macro key_names(entity_key, part) -%}
position('|' || {{ part }} || '|' in '|' || {{ entity_key }} || '|') > 0
{%- endmacro %}

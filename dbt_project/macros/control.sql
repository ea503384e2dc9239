{#-
  What every control model shares. A control returns one row per member of its population, with
  entity_key, entity_name, owner_key, result, codes, reason, and then its evidence columns. Codes, effects and
  parameters are declared once, in the control's YAML (config.meta), and read from there.
-#}

{#-
  config.meta of the control being compiled. dbt gives a unit test no view of the model it tests (its graph is empty),
  so `soc2 dbt` hands the same YAML in as the variable `controls`; only unit tests read it.
-#}
{% macro control_meta() -%}
{%- if not execute -%}{{ return({}) }}{%- endif -%}
{%- if model.resource_type != 'unit_test' -%}{{ return(graph.nodes[model.unique_id].config.meta) }}{%- endif -%}
{%- set tested = model.tested_node_unique_id.split('.')[-1] -%}
{%- if tested not in var('controls', {}) -%}
  {{ exceptions.raise_compiler_error("Run unit tests of controls with `soc2 dbt test …`: it passes their YAML to " ~ tested) }}
{%- endif -%}
{{ return(var('controls')[tested]) }}
{%- endmacro %}

{#- The value of one parameter of this control: the company's override, else the default of the YAML. -#}
{% macro param_value(name) -%}
{%- if not execute -%}{{ return(none) }}{%- endif -%}
{%- set meta = control_meta() -%}
{%- if name not in meta.get('parameters', {}) -%}
  {{ exceptions.raise_compiler_error(meta.get('id', model.name) ~ ": parameter " ~ name ~ " is not declared in config.meta.parameters") }}
{%- endif -%}
{%- set override = var('parameters', {}).get(meta.id, {}) -%}
{{ return(override[name] if name in override else meta.parameters[name].value) }}
{%- endmacro %}

{#- The value of a parameter of another control, for models that several controls share. -#}
{% macro param_of(control_id, name) -%}
{%- if not execute -%}{{ return(none) }}{%- endif -%}
{%- set override = var('parameters', {}).get(control_id, {}) -%}
{%- if name in override -%}{{ return(override[name]) }}{%- endif -%}
{%- set metas = var('controls', {}).values() if model.resource_type == 'unit_test' else graph.nodes.values() | map(attribute='config.meta') -%}
{%- for meta in metas if meta.get('id') == control_id and name in meta.get('parameters', {}) -%}
  {{ return(meta.parameters[name].value) }}
{%- endfor -%}
{{ exceptions.raise_compiler_error(model.name ~ ": no control " ~ control_id ~ " declares parameter " ~ name) }}
{%- endmacro %}

{#- The same as a SQL literal: number, boolean, text, or list of text. -#}
{% macro param(name) -%}
{%- set value = soc2_warehouse.param_value(name) -%}
{%- if value is none -%}null
{%- elif value is boolean -%}{{ 'true' if value else 'false' }}
{%- elif value is number -%}{{ value }}
{%- elif value is string -%}'{{ value | replace("'", "''") }}'
{%- else -%}cast([{% for item in value %}'{{ item | string | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}] as varchar[])
{%- endif -%}
{%- endmacro %}

{#- The codes whose condition holds, as a list of text: {{ codes([('STALE', 'x > 1'), ('NEVER_USED', 'x is null')]) }}. -#}
{% macro codes(conditions) -%}
{%- if execute -%}
  {%- set declared = soc2_warehouse.control_meta().get('codes', {}) -%}
  {%- for code, condition in conditions if code not in declared -%}
    {{ exceptions.raise_compiler_error(model.name ~ ": code " ~ code ~ " is not declared in config.meta.codes") }}
  {%- endfor -%}
{%- endif -%}
list_filter([{% for code, condition in conditions %}
    case when {{ condition }} then '{{ code }}' end{{ ',' if not loop.last }}{% endfor %}
], code -> code is not null)
{%- endmacro %}

{#- Codes of this control that make a row an exception: deviations, and conditional ones whose parameter says so. -#}
{% macro deviation_codes() -%}
{%- set found = [] -%}
{%- for code, spec in soc2_warehouse.control_meta().get('codes', {}).items() -%}
  {%- if spec.effect == 'deviation' or (spec.effect == 'conditional' and soc2_warehouse.param_value(spec.when_parameter)) -%}
    {%- do found.append(code) -%}
  {%- endif -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{% macro code_list(names) -%}
cast([{% for name in names %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %}] as varchar[])
{%- endmacro %}

{#-
  The result of a row from its list of codes. Order: excluded, pending, then a deviation code wins over unknown
  (a proven exception stays one when something else about the row is unreadable), then unknown, then pass.
  Codes with effect unknown make the row unknown by themselves.
-#}
{% macro row_result(codes='codes', unknown='false', pending='false', excluded='false') -%}
{%- set unknown_codes = [] -%}
{%- for code, spec in soc2_warehouse.control_meta().get('codes', {}).items() if spec.effect == 'unknown' -%}
  {%- do unknown_codes.append(code) -%}
{%- endfor -%}
case
    when {{ excluded }} then 'excluded'
    when {{ pending }} then 'pending'
    when list_has_any({{ codes }}, {{ soc2_warehouse.code_list(soc2_warehouse.deviation_codes()) }}) then 'exception'
    when list_has_any({{ codes }}, {{ soc2_warehouse.code_list(unknown_codes) }}) or ({{ unknown }}) then 'unknown'
    else 'pass'
end
{%- endmacro %}

{#-
  The scanners' demands that a row answers, as a list of text: {{ demands([('ebs_volume_encrypted', 'not is_default')]) }}.
  Which codes of the row tell that a demand is not met is declared in config.meta.demands.
-#}
{% macro demands(conditions) -%}
{%- if execute -%}
  {%- set declared = soc2_warehouse.control_meta().get('demands', {}) -%}
  {%- set named = [] -%}
  {%- for demand, condition in conditions -%}
    {%- do named.append(demand) -%}
    {%- if demand not in declared -%}
      {{ exceptions.raise_compiler_error(model.name ~ ": demand " ~ demand ~ " is not declared in config.meta.demands") }}
    {%- endif -%}
  {%- endfor -%}
  {%- for demand in declared if demand not in named -%}
    {{ exceptions.raise_compiler_error(model.name ~ ": no row answers " ~ demand ~ " of config.meta.demands") }}
  {%- endfor -%}
{%- endif -%}
list_filter(cast([{% for demand, condition in conditions %}
    case when {{ condition }} then '{{ demand }}' end{{ ',' if not loop.last }}{% endfor %}
] as varchar[]), demand -> demand is not null)
{%- endmacro %}

{#-
  dbt-duckdb's own materializations serve readers who look on while a table is made again: build beside it, rename
  twice, drop. Nobody reads the build file while dbt holds it, and one transaction is as safe: a model that fails
  leaves the table as it was. The night is some 500 models, and the renaming took half of the time of each.
-#}

{%- macro make_again(existing, target, sql) -%}
{%- if existing is not none -%} drop {{ existing.type }} if exists {{ existing }}; {% endif -%}
{{ create_table_as(False, target, sql) }}
{%- endmacro -%}

{% materialization table, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks) }}
  {% call statement('main') -%} {{ make_again(load_cached_relation(this), target, compiled_code) }} {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#-
  Staging: a run is parsed once, and its rows go when it no longer counts. The columns are those of the model's text:
  staging that was made by another text is dropped before the build (transform.py).
-#}
{% materialization incremental, adapter='duckdb' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks) }}
  {% call statement('main') -%}
    {%- if existing is none or should_full_refresh() -%}
    {{ make_again(existing, target, compiled_code) }}
    {%- else -%}
    delete from {{ target }} where _run_id not in (select run_id from {{ source('meta', 'selected_runs') }});
    insert into {{ target }} {{ compiled_code }}
    {%- endif -%}
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

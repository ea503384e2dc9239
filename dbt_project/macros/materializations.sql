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
  Staging: a run is parsed once, and its rows go when it no longer counts. raw_meta.parsed_runs says which runs are
  parsed, so that no night looks through what earlier ones brought. The columns are those of the model's text: staging
  that was made by another text is dropped before the build (warehouse.py).

  `keep_raw: false` is for tables of mass events, which nobody else reads: once parsed, the records leave the build
  file, and only the landing zone holds them. They are loaded again when staging has to be parsed anew.
-#}
{% materialization incremental, adapter='duckdb' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type='table') -%}
  {%- set keep_raw = config.get('keep_raw', true) -%}
  {{ run_hooks(pre_hooks) }}
  {% call statement('main') -%}
    {%- if existing is none or (should_full_refresh() and keep_raw) -%}
    {{ make_again(existing, target, compiled_code) }}
    {%- else -%}
    delete from {{ target }} where _run_id in ({{ stale_runs(target.identifier) }});
    insert into {{ target }} {{ compiled_code }}
    {%- endif -%};
    {{ remember_runs(target.identifier, source_ids(model)) }}
    {%- if not keep_raw %}
    {%- for source_id in source_ids(model) %}
    delete from raw_{{ source_id.split('.')[0] }}.{{ source_id.split('.')[1] }};
    update raw_meta.loaded_runs set is_kept = false where source_id = '{{ source_id }}' and is_kept;
    {%- endfor %}
    {%- endif %}
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#-
  Events, each once, kept from night to night: only the days of landing that are new, or whose run no longer counts, are
  read, from `first_new_day()` on, a constant that lets the engine skip what lies before. The first row that brought an
  event stays. The model has the columns _day, occurred_at and its `key`; `reads` names the tables that it comes from.
-#}
{% materialization by_day, adapter='duckdb' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type='table') -%}
  {%- set reads = config.require('reads') -%}
  {%- set key = config.require('key') -%}
  {%- set name = target.identifier -%}
  {%- set text = local_md5(compiled_code) -%}
  {%- set first = none if existing is none or should_full_refresh() else first_changed_day(name, reads, text) -%}
  {{ run_hooks(pre_hooks) }}
  {%- if first is none %}
    {% call statement('main') -%}
      {{ make_again(existing, target, compiled_code) }};
      {{ remember_runs(name, reads, text) }}
    {%- endcall %}
  {%- elif first == 'nothing' %}
    {% call statement('main') -%} select 1 {%- endcall %}
  {%- else %}
    {%- set fresh = 'fresh_' ~ name -%}
    {%- do run_query("create or replace temp table " ~ fresh ~ " as " ~ (compiled_code | replace(first_new_day(), "date '" ~ first ~ "'"))) -%}
    {%- set oldest = run_query("select coalesce(min(occurred_at), timestamp '2000-01-01') from " ~ fresh).rows[0][0] -%}
    {% call statement('main') -%}
      delete from {{ target }} where _day >= date '{{ first }}';
      insert into {{ target }}
      select * from {{ fresh }} as fresh
      where not exists (
          select 1 from {{ target }} as kept
          where kept.{{ key }} = fresh.{{ key }} and kept.occurred_at >= timestamp '{{ oldest }}'
      );
      drop table {{ fresh }};
      {{ remember_runs(name, reads, text) }}
    {%- endcall %}
  {%- endif %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- The first day of landing that a model of `by_day` reads tonight; the materialization puts it in. -#}
{% macro first_new_day() -%}
date '0001-01-01'
{%- endmacro %}

{#-
  The first day on which a run came, or one that was read no longer counts, as text; 'nothing' when there is none, null
  when everything has to be read, because the model is another one than it was.
-#}
{% macro first_changed_day(name, reads, text) -%}
  {%- set found = run_query(
    "select (select count(*) from raw_meta.parsed_runs where model = '" ~ name ~ "' and text = '" ~ text ~ "'), cast(min(day) as varchar) from ("
    ~ "select logical_date as day from raw_meta.selected_runs where source_id in ('" ~ reads | join("', '") ~ "')"
    ~ " and run_id not in (select run_id from raw_meta.parsed_runs where model = '" ~ name ~ "')"
    ~ " union all select day from raw_meta.parsed_runs where model = '" ~ name ~ "'"
    ~ " and run_id not in (select run_id from raw_meta.selected_runs)) as changed"
  ).rows[0] -%}
  {{ return(none if found[0] == 0 else (found[1] or 'nothing')) }}
{%- endmacro %}

{#- Runs that a model has read and that no longer count. -#}
{% macro stale_runs(name) -%}
select run_id from raw_meta.parsed_runs where model = '{{ name }}' and run_id not in (select run_id from raw_meta.selected_runs)
{%- endmacro %}

{#- From now on the model has read exactly the runs that count. -#}
{% macro remember_runs(name, reads, text='') -%}
delete from raw_meta.parsed_runs where model = '{{ name }}' and (text <> '{{ text }}' or run_id in ({{ stale_runs(name) }}));
insert into raw_meta.parsed_runs
select '{{ name }}', '{{ text }}', run_id, logical_date
from raw_meta.selected_runs
where source_id in ('{{ reads | join("', '") }}')
    and run_id not in (select run_id from raw_meta.parsed_runs where model = '{{ name }}');
{%- endmacro %}

{#- The landed tables that a model reads, as source.table. -#}
{% macro source_ids(node) -%}
  {%- set found = [] -%}
  {%- for pair in node.sources if pair[0] != 'meta' -%}
    {%- do found.append(pair[0] ~ '.' ~ pair[1]) -%}
  {%- endfor -%}
  {{ return(found) }}
{%- endmacro %}

{#- What the change models need of the engine: lists, patterns, network ranges, GitHub accounts. -#}

{% macro item_in(item, list) -%}
coalesce(list_contains({{ list }}, {{ item }}), false)
{%- endmacro %}

{% macro list_count(list) -%}
coalesce(len({{ list }}), 0)
{%- endmacro %}

{#- One row per item, in the select list. -#}
{% macro unpacked(list) -%}
unnest({{ list }})
{%- endmacro %}

{#- Aggregate: distinct values without nulls in alphabetical order; an empty list when there is none. -#}
{% macro sorted_set(expression) -%}
coalesce(list_sort(list(distinct {{ expression }}) filter (where {{ expression }} is not null)), cast([] as varchar[]))
{%- endmacro %}

{#- Items of the first list that the second does not have. -#}
{% macro items_without(list, other) -%}
list_filter({{ list }}, item -> not list_contains({{ other }}, item))
{%- endmacro %}

{% macro any_shared(list, other) -%}
coalesce(list_has_any({{ list }}, {{ other }}), false)
{%- endmacro %}

{#- Items that both lists have. -#}
{% macro items_shared(list, other) -%}
list_intersect({{ list }}, {{ other }})
{%- endmacro %}

{% macro empty_list() -%}
cast([] as varchar[])
{%- endmacro %}

{#- A list as text for a reason; 'none' when empty. -#}
{% macro listed(list) -%}
coalesce(nullif(array_to_string({{ list }}, ', '), ''), 'none')
{%- endmacro %}

{#- Whether a text matches a pattern in which * stands for any text. LIKE's own wildcards are taken literally. -#}
{% macro matches_pattern(text, pattern) -%}
({{ text }} like replace(replace(replace(replace({{ pattern }}, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%') escape '\')
{%- endmacro %}

{#- The same against the patterns of a parameter, spelled out one by one; false when there are none. -#}
{% macro matches_any_pattern(text, patterns) -%}
({% for pattern in patterns %}{{ soc2_warehouse.matches_pattern(text, "'" ~ (pattern | replace("'", "''")) ~ "'") }}{{ ' or ' if not loop.last }}{% else %}false{% endfor %})
{%- endmacro %}

{#- An IPv4 address as a number from 0 to 2^32 - 1; null when the text is not one (host names, IPv6). -#}
{% macro ipv4_number(address) -%}
(case
    when regexp_matches({{ address }}, '^[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}$')
    then cast(split_part({{ address }}, '.', 1) as bigint) * 16777216
        + cast(split_part({{ address }}, '.', 2) as bigint) * 65536
        + cast(split_part({{ address }}, '.', 3) as bigint) * 256
        + cast(split_part({{ address }}, '.', 4) as bigint)
end)
{%- endmacro %}

{#-
  Whether an IPv4 address lies in a range such as 203.0.113.0/26: both have the same number once the host bits are cut
  off. A range without a length is one address. Null when either is not IPv4: not comparable is not "outside".
-#}
{% macro ip_in_cidr(address, range) -%}
(
    floor({{ soc2_warehouse.ipv4_number(address) }} / power(2, 32 - {{ soc2_warehouse.cidr_bits(range) }}))
    = floor({{ soc2_warehouse.ipv4_number("split_part(" ~ range ~ ", '/', 1)") }} / power(2, 32 - {{ soc2_warehouse.cidr_bits(range) }}))
)
{%- endmacro %}

{% macro cidr_bits(range) -%}
coalesce(try_cast(nullif(split_part({{ range }}, '/', 2), '') as integer), 32)
{%- endmacro %}

{#- The value at a dotted path of a JSON text, where the path itself is data; null without a path. -#}
{% macro json_text_at(column, path) -%}
json_extract_string({{ column }}, '$.' || {{ path }})
{%- endmacro %}

{#- What a cloud resource is called without its ARN or path: the last part after '/' or ':', lower case. -#}
{% macro resource_name(text) -%}
nullif(lower(regexp_extract({{ text }}, '([^/:]+)$', 1)), '')
{%- endmacro %}

{#- The role behind an assumed-role session ARN; any other ARN as it is. -#}
{% macro role_of_session(arn) -%}
regexp_replace({{ arn }}, '^arn:([^:]+):sts::([^:]*):assumed-role/([^/]+)/.*$', 'arn:\1:iam::\2:role/\3')
{%- endmacro %}

{#- Who somebody is for comparing people: the person where resolved, else the GitHub account itself. -#}
{% macro github_identity(person_key, account_id, login) -%}
coalesce({{ person_key }}, 'github:' || {{ account_id }}, 'github:' || {{ login }})
{%- endmacro %}

{% macro is_github_bot(login, account_type) -%}
(coalesce({{ account_type }}, '') = 'Bot' or coalesce({{ login }}, '') like '%[bot]')
{%- endmacro %}

{#- Git's name for "no commit": before a creation, after a deletion. -#}
{% macro is_no_commit(sha) -%}
({{ sha }} is null or {{ sha }} = repeat('0', 40))
{%- endmacro %}

{#- An instant as an auditor reads it. -#}
{% macro instant_text(timestamp) -%}
(strftime({{ timestamp }}, '%Y-%m-%d %H:%M') || ' UTC')
{%- endmacro %}

{#- An instant as part of a key. -#}
{% macro instant_key(timestamp) -%}
strftime({{ timestamp }}, '%Y%m%dT%H%M%S')
{%- endmacro %}

{% macro seconds_between(earlier, later) -%}
(epoch({{ later }}) - epoch({{ earlier }}))
{%- endmacro %}

{% macro plus_seconds(timestamp, seconds) -%}
({{ timestamp }} + to_seconds(cast({{ seconds }} as integer)))
{%- endmacro %}

{#- One value as a list. -#}
{% macro list_of(value) -%}
cast([{{ value }}] as varchar[])
{%- endmacro %}

{#- Whether every text of a list matches at least one of the patterns of a parameter. -#}
{% macro all_match_patterns(list, patterns) -%}
len(list_filter({{ list }}, item -> not {{ soc2_warehouse.matches_any_pattern('item', patterns) }})) = 0
{%- endmacro %}

{#- The nearest earlier value of a named window that is not null. -#}
{% macro previous_known(expression, window) -%}
lag({{ expression }} ignore nulls) over {{ window }}
{%- endmacro %}

{#- Whether a text matches a regular expression; null for null. -#}
{% macro matches_regex(text, pattern) -%}
regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{#-
  Production deployments of the window, as a select: those of an environment that the register classes as production, and
  those of one it does not class whose pipeline says that users see it.
-#}
{% macro production_deployments() -%}
select
    deployments.*,
    coalesce(deployments.service, deployments.repo_full_name, deployments.repo_id) as unit,
    coalesce(deployments.started_at, deployments.created_at) as begun_at
from {{ ref('fct_deployment') }} as deployments
cross join {{ ref('dim_engagement') }} as engagement
where (deployments.environment_class = 'production' or (deployments.environment_class is null and deployments.is_flagged_production))
    and deployments.created_at >= cast(engagement.window_start as timestamp)
    and deployments.created_at <= {{ as_of() }}
{%- endmacro %}

{#-
  Rows of a __reconciled model over production deployments: the three logs agree, as CM-08 compares them, and each
  successful production deployment has rows in the control. classified: without those of an environment of no class.
-#}
{% macro deployments_reconciled(control, agreements, classified=false) -%}
select check_name, scope, expected, actual, passed, detail
from {{ ref('ctl_cm_08__reconciled') }}
where check_name in ({% for name in agreements %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})

union all

select
    'deployments_judged' as check_name,
    'deploys.deployments' as scope,
    changes.deployments as expected,
    judged.deployments as actual,
    changes.deployments = judged.deployments as passed,
    'successful production deployments of the window in the list of production changes, each with rows' as detail
from (
    select count(*) as deployments
    from {{ ref('fct_production_change') }}
    where kind = 'deployment' and success_at is not null{{ " and environment_class = 'production'" if classified }}
) as changes
cross join (select count(distinct deployment_id) as deployments from {{ ref(control) }}) as judged
{%- endmacro %}

{#-
  The evidence record of each deployment of a relation, as a select; deployment_ref is the deployment it is of. The newest
  copy of each artefact that could be read counts: one that expired since keeps what was read.
-#}
{% macro deployment_records(deployments) -%}
select deployments.deployment_id as deployment_ref, records.*
from {{ deployments }} as deployments
inner join (
    select *
    from {{ ref('stg_deploys__evidence_records') }}
    where artifact_id is not null
    qualify row_number() over (
        partition by repo_id, artifact_id order by case when error_code is null then 0 else 1 end, _day desc, _seq desc
    ) = 1
) as records
    on records.repo_id = deployments.repo_id
    and (
        records.deployment_id = deployments.deployment_id
        or (records.deployment_id is null and records.run_id = deployments.run_id)
    )
qualify row_number() over (
    partition by deployments.deployment_id
    order by case when records.error_code is null then 0 else 1 end, records.artifact_created_at desc, records.artifact_id
) = 1
{%- endmacro %}

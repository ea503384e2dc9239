{#- What the models of encryption in transit share. Protocols go by one spelling: SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3. -#}

{#- Every protocol from the oldest that is accepted; null for a name that is not known. -#}
{% macro protocols_from(oldest) -%}
case {{ oldest }}
    when 'SSLv3' then ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
    when 'TLSv1' then ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
    when 'TLSv1.1' then ['TLSv1.1', 'TLSv1.2', 'TLSv1.3']
    when 'TLSv1.2' then ['TLSv1.2', 'TLSv1.3']
    when 'TLSv1.3' then ['TLSv1.3']
end
{%- endmacro %}

{#- Those of a list that are older than a version such as 1.2: the spelling sorts by age. -#}
{% macro older_protocols(protocols, version) -%}
list_filter({{ protocols }}, protocol -> protocol < 'TLSv' || {{ version }})
{%- endmacro %}

{#- A comma-separated list as a list; null stays null. -#}
{% macro split_list(text) -%}
list_transform(string_split({{ text }}, ','), item -> trim(item))
{%- endmacro %}

{#- A version such as 8.0.28 as a number that sorts: 8000028. -#}
{% macro version_number(text) -%}
(coalesce(try_cast(split_part({{ text }}, '.', 1) as bigint), 0) * 1000000
    + coalesce(try_cast(split_part({{ text }}, '.', 2) as bigint), 0) * 1000
    + coalesce(try_cast(split_part({{ text }}, '.', 3) as bigint), 0))
{%- endmacro %}

{#- Whether every item of a list is the value; true for an empty list, null for none. -#}
{% macro all_are(list, value) -%}
len(list_filter({{ list }}, item -> item is distinct from '{{ value }}')) = 0
{%- endmacro %}

{#- Whether every action of a JSON array sends the client to HTTPS; true for none. -#}
{% macro all_https_redirects(actions) -%}
len(list_filter(cast(coalesce({{ actions }}, '[]') as json[]), action -> not coalesce(
    json_extract_string(action, '$.Type') = 'redirect' and json_extract_string(action, '$.RedirectConfig.Protocol') = 'HTTPS', false
))) = 0
{%- endmacro %}

{#- The actions of all rules of a JSON array as one JSON array. -#}
{% macro actions_of_rules(rules) -%}
to_json(json_extract({{ rules }}, '$[*].Actions[*]'))
{%- endmacro %}

{#- Protocols that the policies of a classic load balancer with these names accept; null when none of them is known. -#}
{% macro classic_protocols(policies, names) -%}
nullif(list_distinct(list_transform(
    list_filter(
        flatten(list_transform(
            list_filter(cast({{ policies }} as json[]), policy -> list_contains({{ names }}, json_extract_string(policy, '$.PolicyName'))),
            policy -> cast(json_extract(policy, '$.PolicyAttributeDescriptions') as json[])
        )),
        held -> starts_with(json_extract_string(held, '$.AttributeName'), 'Protocol-')
            and lower(json_extract_string(held, '$.AttributeValue')) = 'true'
    ),
    held -> replace(json_extract_string(held, '$.AttributeName'), 'Protocol-', '')
)), [])
{%- endmacro %}

{#- The oldest protocol of a list of API Gateway's security policies: TLSv1, TLSv1.2, or null for a name that is not known. -#}
{% macro api_gateway_oldest(policies) -%}
case
    when list_contains({{ policies }}, 'TLS_1_0') then 'TLSv1'
    when len({{ policies }}) > 0
        and len(list_filter({{ policies }}, policy -> not coalesce(regexp_matches(policy, '^(TLS_1_2|SecurityPolicy_TLS1[23]_.*)$'), false))) = 0
        then 'TLSv1.2'
end
{%- endmacro %}

{#- max-age of the first Strict-Transport-Security header of an answer, as browsers read it; null without a valid one. -#}
{% macro hsts_max_age(headers) -%}
try_cast(nullif(regexp_extract(lower(list_extract({{ headers }}, 1)), '(^|[; ])max-age *= *"?([0-9]+)"? *(;|$)', 2), '') as bigint)
{%- endmacro %}

{#- Protocols as SSL Labs writes them (name and version apart) in our spelling. -#}
{% macro scanned_protocols(records) -%}
list_transform(cast({{ records }} as json[]), item ->
    json_extract_string(item, '$.name') || 'v'
    || case json_extract_string(item, '$.version') when '1.0' then '1' when '3.0' then '3' when '2.0' then '2' else json_extract_string(item, '$.version') end
)
{%- endmacro %}

{#- First end of the certificates of a scan, from milliseconds. -#}
{% macro first_cert_end(records) -%}
cast(to_timestamp(list_min(list_transform(cast({{ records }} as json[]), item -> try_cast(json_extract_string(item, '$.notAfter') as bigint))) / 1000.0) at time zone 'UTC' as timestamp)
{%- endmacro %}

{#- How good a grade is: 1 is the best; null for one that is not known. -#}
{% macro grade_rank(grade) -%}
nullif(list_position(['A+', 'A', 'A-', 'B', 'C', 'D', 'E', 'F', 'T', 'M'], {{ grade }}), 0)
{%- endmacro %}

{#- Aggregate: the value of the newest scan for which a condition holds. -#}
{% macro newest_value(column, condition) -%}
arg_max({{ column }}, scanned_at) filter (where {{ condition }})
{%- endmacro %}

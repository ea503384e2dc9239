{#- Policy documents of AWS: a statement, action or resource may be one or a list. -#}

{% macro policy_statements(document) -%}
case
    when json_type({{ document }}, '$.Statement') = 'ARRAY' then cast(json_extract({{ document }}, '$.Statement') as json[])
    when json_type({{ document }}, '$.Statement') = 'OBJECT' then [json_extract({{ document }}, '$.Statement')]
end
{%- endmacro %}

{% macro policy_texts(statement, field) -%}
case
    when json_type({{ statement }}, '$.{{ field }}') = 'ARRAY' then json_extract_string({{ statement }}, '$.{{ field }}[*]')
    else [json_extract_string({{ statement }}, '$.{{ field }}')]
end
{%- endmacro %}

{#- Whether a statement of the document allows every action on every resource; null when there is no statement to read. -#}
{% macro allows_everything(document) -%}
len(list_filter({{ soc2_warehouse.policy_statements(document) }}, statement ->
    json_extract_string(statement, '$.Effect') = 'Allow'
    and (
        list_contains({{ soc2_warehouse.policy_texts('statement', 'Action') }}, '*')
        or list_contains({{ soc2_warehouse.policy_texts('statement', 'Action') }}, '*:*')
    )
    and list_contains({{ soc2_warehouse.policy_texts('statement', 'Resource') }}, '*')
)) > 0
{%- endmacro %}

{#- The default version's document of a managed policy. -#}
{% macro default_document(versions) -%}
json_extract(
    list_extract(list_filter(cast({{ versions }} as json[]), item -> json_extract_string(item, '$.IsDefaultVersion') = 'true'), 1),
    '$.Document'
)
{%- endmacro %}

{#-
  Actions of `wanted` (list of lower-case texts) that an Allow statement of the document grants on every resource: by name,
  wildcard or NotAction; a list, null when there is no statement to read. Conditions are not weighed.
-#}
{% macro granted_actions(document, wanted) -%}
list_distinct(flatten(list_transform(list_filter({{ soc2_warehouse.policy_statements(document) }}, statement ->
    json_extract_string(statement, '$.Effect') = 'Allow'
    and list_contains({{ soc2_warehouse.policy_texts('statement', 'Resource') }}, '*')
), statement -> list_filter({{ wanted }}, action ->
    case
        when json_type(statement, '$.NotAction') is not null then
            len(list_filter({{ soc2_warehouse.policy_texts('statement', 'NotAction') }}, pattern ->
                action like replace(replace(lower(pattern), '*', '%'), '?', '_'))) = 0
        else
            len(list_filter({{ soc2_warehouse.policy_texts('statement', 'Action') }}, pattern ->
                action like replace(replace(lower(pattern), '*', '%'), '?', '_'))) > 0
    end
))))
{%- endmacro %}

{#- Whether a pattern with * covers a text or another pattern, without case. -#}
{% macro covers(pattern, text) -%}
{{ soc2_warehouse.matches_pattern("lower(" ~ text ~ ")", "lower(" ~ pattern ~ ")") }}
{%- endmacro %}

{#- Whether two patterns have anything in common, one being within the other: s3:* and s3:Get*. -#}
{% macro overlap(pattern, other) -%}
({{ soc2_warehouse.covers(pattern, other) }} or {{ soc2_warehouse.covers(other, pattern) }})
{%- endmacro %}

{#- Whether any of a list of patterns covers a text. -#}
{% macro any_covers(patterns, text) -%}
(len(list_filter({{ patterns }}, item -> {{ soc2_warehouse.covers('item', text) }})) > 0)
{%- endmacro %}

{#-
  Whether a policy of a bucket refuses, for everybody and every action, what does not come over TLS, to the bucket itself
  or to its objects (part: '' or '/'). A statement with a second condition refuses only where that holds too, so it does
  not count; nor does one that names everything but something. Condition keys have no case. tls_version: asks instead
  for the statement that refuses versions of TLS below 1.2.
-#}
{% macro refuses_plaintext(policy, bucket_arn, part, tls_version=false) -%}
coalesce(len(list_filter({{ soc2_warehouse.policy_statements(policy) }}, statement ->
    json_extract_string(statement, '$.Effect') = 'Deny'
    and (
        list_contains({{ soc2_warehouse.policy_texts('statement', 'Principal') }}, '*')
        or list_contains({{ soc2_warehouse.policy_texts('statement', 'Principal.AWS') }}, '*')
    )
    and (
        list_contains({{ soc2_warehouse.policy_texts('statement', 'Action') }}, '*')
        or list_contains(list_transform({{ soc2_warehouse.policy_texts('statement', 'Action') }}, action -> lower(action)), 's3:*')
    )
    and len(list_filter({{ soc2_warehouse.policy_texts('statement', 'Resource') }}, resource ->
        {{ soc2_warehouse.matches_pattern(bucket_arn ~ " || '" ~ part ~ "'", 'resource') }}{{ " and ends_with(resource, '*')" if part }}
    )) > 0
    {%- if tls_version %}
    and regexp_matches(
        lower(cast(json_extract(statement, '$.Condition') as varchar)),
        '^[{]"numericlessthan(ifexists)?":[{]"s3:tlsversion":[[]?"?1[.][23]"?[]]?[}][}]$'
    )
    {%- else %}
    and regexp_matches(
        lower(cast(json_extract(statement, '$.Condition') as varchar)),
        '^[{]"bool(ifexists)?":[{]"aws:securetransport":[[]?"?false"?[]]?[}][}]$'
    )
    {%- endif %}
)), 0) > 0
{%- endmacro %}

{#- Principals of a statement: `*`, one ARN or a list; services are none. -#}
{% macro policy_principals(statement) -%}
case
    when json_type({{ statement }}, '$.Principal') = 'VARCHAR' then [json_extract_string({{ statement }}, '$.Principal')]
    else list_filter({{ soc2_warehouse.policy_texts(statement, 'Principal.AWS') }}, principal -> principal is not null)
end
{%- endmacro %}

{#- Whether a statement allows one of the actions, which are given in lower case. -#}
{% macro policy_allows(statement, actions) -%}
(
    json_extract_string({{ statement }}, '$.Effect') = 'Allow'
    and len(list_filter({{ soc2_warehouse.policy_texts(statement, 'Action') }}, action -> lower(action) in ('*', 'kms:*'
        {%- for action in actions %}, '{{ action }}'{% endfor %}))) > 0
)
{%- endmacro %}

{#-
  Whether a key policy lets everybody in without a condition, or whole other accounts decrypt. The root of the key's own
  account delegates to IAM and opens nothing.
-#}
{% macro key_policy_is_open(document, account) -%}
len(list_filter({{ soc2_warehouse.policy_statements(document) }}, statement ->
    (
        json_extract_string(statement, '$.Effect') = 'Allow'
        and json_extract(statement, '$.Condition') is null
        and (
            list_contains({{ soc2_warehouse.policy_principals('statement') }}, '*')
            or json_extract(statement, '$.NotPrincipal') is not null
        )
    )
    or (
        {{ soc2_warehouse.policy_allows('statement', ['kms:decrypt', 'kms:de*', 'kms:d*', 'kms:reencrypt*']) }}
        and len(list_filter({{ soc2_warehouse.policy_principals('statement') }}, principal ->
            (principal like '%:root' and principal not like '%:' || {{ account }} || ':root')
            or (regexp_matches(principal, '^[0-9]{12}$') and principal <> {{ account }})
        )) > 0
    )
)) > 0
{%- endmacro %}

{#- Grantees of other accounts that may decrypt, beside the policy. -#}
{% macro foreign_grantees(grants, account) -%}
list_transform(
    list_filter(cast({{ grants }} as json[]), item ->
        list_contains(json_extract_string(item, '$.Operations[*]'), 'Decrypt')
        and json_extract_string(item, '$.GranteePrincipal') like 'arn:%'
        and split_part(json_extract_string(item, '$.GranteePrincipal'), ':', 5) <> {{ account }}
    ),
    item -> json_extract_string(item, '$.GranteePrincipal')
)
{%- endmacro %}

{#- Principals that a key policy lets both administer the key and decrypt with it; the root of its own account is none. -#}
{% macro key_admins_who_decrypt(document, account) -%}
list_filter(
    list_intersect(
        flatten(list_transform(
            list_filter({{ soc2_warehouse.policy_statements(document) }}, statement ->
                {{ soc2_warehouse.policy_allows('statement', ['kms:put*', 'kms:putkeypolicy', 'kms:schedulekeydeletion', 'kms:delete*', 'kms:disable*', 'kms:disablekey', 'kms:update*']) }}),
            statement -> {{ soc2_warehouse.policy_principals('statement') }}
        )),
        flatten(list_transform(
            list_filter({{ soc2_warehouse.policy_statements(document) }}, statement ->
                {{ soc2_warehouse.policy_allows('statement', ['kms:decrypt', 'kms:de*', 'kms:d*']) }}),
            statement -> {{ soc2_warehouse.policy_principals('statement') }}
        ))
    ),
    principal -> principal <> '*' and principal not like '%:' || {{ account }} || ':root' and principal <> {{ account }}
)
{%- endmacro %}

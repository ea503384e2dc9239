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

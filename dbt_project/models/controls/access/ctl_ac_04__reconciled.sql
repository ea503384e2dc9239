with rights as (
    select distinct source_id, entitlement
    from {{ ref('fct_access_grant') }}
    where is_current and effect = 'allow'
),

mapped as (
    select distinct rights.source_id, rights.entitlement
    from rights
    inner join ({{ newest(ref('stg_registers__permission_map')) }}) as meanings
        on meanings.source_id = rights.source_id
        and {{ overlap('rights.entitlement', 'trim(meanings.entitlement_pattern)') }}
),

checks as (
    select
        'rights_have_a_meaning' as check_name,
        'fct_access_grant' as scope,
        (select count(*) from rights) as expected,
        (select count(*) from mapped)
            + (select count(*) from {{ ref('ctl_ac_04__permissions_fit_the_role') }} where entity_key in (select source_id || '|' || entitlement from rights))
            as actual,
        'rights in the systems that a line gives a meaning or that are listed as having none' as detail
    union all
    select
        'users_with_rights_read',
        'aws_iam.account_summary',
        (select max(users) from {{ ref('stg_aws_iam__account_summary') }} where _day = {{ as_of_day() }}),
        (select count(*) from {{ ref('stg_aws_iam__users') }} where _day = {{ as_of_day() }} and error_code is null),
        'users that the account summary counts, with their policies'
    union all
    select
        'groups_listed',
        'okta.groups',
        (select count(distinct group_id) from {{ ref('stg_okta__groups') }} where _day = {{ as_of_day() }} and error_code is null),
        (select count(distinct group_id) from {{ ref('stg_okta__group_members') }} where _day = {{ as_of_day() }}),
        'groups of the identity provider whose members were asked for'
    union all
    select
        'repositories_listed',
        'github.repositories',
        (select count(distinct repo_id) from {{ ref('stg_github__repositories') }} where _day = {{ as_of_day() }}),
        (select count(distinct repo_id) from {{ ref('stg_github__collaborators') }} where _day = {{ as_of_day() }}),
        'repositories whose accounts were asked for'
)

{{ checks_agree('checks', also="expected > 0") }}

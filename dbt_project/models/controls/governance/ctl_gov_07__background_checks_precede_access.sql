{%- set production = parameter_of('ctl_ac_04__permissions_fit_the_role', 'production_permissions') or [] -%}

-- Everybody who holds a permission of production today, in the words of AC-04. Since when is known from two sides: not
-- before the accounts were there, and not after the first grant or listing on record.
with holders as (
    select
        person_key,
        {{ distinct_texts('permission') }} as permissions,
        {{ distinct_texts('source_id') }} as source_ids
    from (
        select person_key, permission, {{ unpacked('source_ids') }} as source_id
        from {{ ref('fct_effective_permission') }}
        where {{ any_covers(text_list(production), 'permission') }}
    ) as held
    group by person_key
),

-- A contract that turns into employment without a day between is one spell.
spells as (
    select person_key, max(case when is_new then start_effective_at end) as began_at
    from (
        select
            person_key,
            start_effective_at,
            coalesce(start_date > {{ date_plus('max(end_date) over earlier', 1) }}, true) as is_new
        from {{ ref('dim_employment_spell') }}
        where start_effective_at <= {{ as_of() }}
        window earlier as (partition by person_key order by start_date rows between unbounded preceding and 1 preceding)
    ) as dated
    group by person_key
),

accounts as (
    select holders.person_key, min(accounts.created_at) as created_at
    from holders
    inner join {{ ref('bridge_account_person') }} as links
        on links.person_key = holders.person_key
        and links.valid_to is null
        and {{ item_in('links.source_id', 'holders.source_ids') }}
    inner join {{ ref('dim_account') }} as accounts
        on accounts.source_id = links.source_id and accounts.account_id = links.account_id and accounts.valid_to is null
    group by holders.person_key
),

granted as (
    select grants.person_key, min(grants.granted_at) as granted_at
    from {{ ref('fct_new_grant') }} as grants
    inner join spells on spells.person_key = grants.person_key
    where grants.is_production and grants.granted_at >= spells.began_at
    group by grants.person_key
),

baseline as (
    select cast(min(logical_date) as timestamp) as listed_at
    from {{ ref('meta_extract_run') }}
    where source_id = 'aws_iam.users' and is_selected
),

bounds as (
    select
        holders.*,
        people.display_name,
        people.kind,
        people.employee_numbers,
        spells.began_at,
        case
            when accounts.created_at > spells.began_at then accounts.created_at
            else spells.began_at
        end as not_before,
        granted.granted_at,
        baseline.listed_at
    from holders
    cross join baseline
    left join spells on spells.person_key = holders.person_key
    left join accounts on accounts.person_key = holders.person_key
    left join granted on granted.person_key = holders.person_key
    left join {{ ref('dim_person') }} as people on people.person_key = holders.person_key
),

dated as (
    select
        *,
        case
            when granted_at is not null and (granted_at <= listed_at or not_before > listed_at) then granted_at
            when not_before <= listed_at then listed_at
            else {{ as_of() }}
        end as not_after
    from bounds
),

checks as (
    select
        people.person_key,
        register.*,
        register.completed_at <= {{ as_of() }} as is_completed,
        {{ item_in('register.result', text_list(['clear', 'adjudicated_accept'])) }} as is_clear,
        approvers.person_key is not null and approvers.person_key <> people.person_key as is_waived
    from ({{ newest(ref('stg_registers__background_checks')) }}) as register
    inner join {{ ref('int_person_refs') }} as people on register.person_id = people.ref
    left join {{ ref('int_person_refs') }} as approvers
        on register.jurisdiction_waiver is not null and register.waiver_approved_by = approvers.ref
),

-- The check that counts: of those recent enough for this spell a clear one, the earliest; else the newest.
counting as (
    select dated.person_key, checks.check_id, checks.completed_at, checks.result, checks.vendor, checks.is_clear
    from dated
    inner join checks on checks.person_key = dated.person_key
    where checks.is_completed
        and checks.completed_at >= {{ plus_months('dated.began_at', '-' ~ param('check_valid_months')) }}
    qualify row_number() over (
        partition by dated.person_key
        order by
            case when checks.is_clear then 0 else 1 end,
            case when checks.is_clear then checks.completed_at end,
            checks.completed_at desc
    ) = 1
),

waivers as (
    select person_key, min(jurisdiction_waiver) as jurisdiction_waiver from checks where is_waived group by person_key
),

people_rows as (
    select
        'person|' || dated.person_key as entity_key,
        coalesce(dated.display_name, dated.person_key) as entity_name,
        dated.person_key as owner_key,
        dated.person_key,
        {{ comma_separated('dated.employee_numbers') }} as employee_id,
        cast(null as varchar) as account,
        dated.permissions,
        dated.not_before,
        dated.not_after,
        counting.completed_at as check_completed_at,
        counting.result as check_result,
        counting.vendor,
        coalesce(counting.is_clear, false) as is_clear,
        waivers.jurisdiction_waiver,
        case
            when waivers.person_key is not null and counting.person_key is null then 'waiver'
            when dated.kind = 'contractor' and not {{ param('contractors_included') }} then 'contractor'
            when dated.not_after < cast({{ param('grandfather_before') }} as date) then 'grandfathered'
        end as left_out,
        dated.began_at is null
            or (coalesce(counting.is_clear, false) and counting.completed_at > dated.not_before and counting.completed_at <= dated.not_after)
            as is_unclear
    from dated
    left join counting on counting.person_key = dated.person_key
    left join waivers on waivers.person_key = dated.person_key
),

-- Accounts of humans with a right of production that nobody, or more than one, answers to.
unresolved as (
    select
        links.source_id || '|' || links.account_id as account,
        min(links.login) as login,
        min(links.resolution) as resolution,
        {{ distinct_texts('meanings.permission') }} as permissions
    from {{ ref('bridge_account_person') }} as links
    inner join {{ ref('dim_account') }} as accounts
        on accounts.source_id = links.source_id and accounts.account_id = links.account_id and accounts.valid_to is null
    inner join {{ ref('fct_access_grant') }} as grants
        on grants.source_id = links.source_id and grants.account_id = links.account_id
        and grants.is_current and grants.effect = 'allow'
    inner join (
        select source_id, trim(entitlement_pattern) as entitlement_pattern, trim(resource_pattern) as resource_pattern, {{ unpacked('permissions') }} as permission
        from ({{ newest(ref('stg_registers__permission_map')) }}) as register
    ) as meanings
        on meanings.source_id = grants.source_id
        and {{ overlap('grants.entitlement', 'meanings.entitlement_pattern') }}
        and {{ overlap('grants.resource', 'meanings.resource_pattern') }}
        and {{ any_covers(text_list(production), 'meanings.permission') }}
    where links.valid_to is null
        and links.resolution in ('orphan', 'ambiguous')
        and accounts.kind not in ('service', 'break_glass')
        and coalesce(accounts.can_sign_in, true)
    group by links.source_id, links.account_id
),

population as (
    select * from people_rows
    union all
    select
        'account|' || account,
        login,
        cast(null as varchar),
        cast(null as varchar),
        cast(null as varchar),
        account,
        permissions,
        cast(null as timestamp),
        cast(null as timestamp),
        cast(null as timestamp),
        cast(null as varchar),
        cast(null as varchar),
        false,
        cast(null as varchar),
        cast(null as varchar),
        false
    from unresolved
),

found as (
    select
        *,
        {{ codes([
            ('NO_CHECK', 'account is null and check_completed_at is null'),
            ('CHECK_AFTER_ACCESS', 'is_clear and check_completed_at > not_after'),
            ('CHECK_NOT_CLEAR', 'check_completed_at is not null and not is_clear'),
            ('UNRESOLVED_PERSON', 'account is not null'),
        ]) }} as codes
    from population
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='is_unclear', excluded='left_out is not null') }} as result,
    codes,
    case
        when left_out = 'waiver' then 'No check, approved: ' || jurisdiction_waiver || '.'
        when left_out = 'contractor' then 'A contractor; the parameter leaves contractors out.'
        when left_out = 'grandfathered' then 'Had access before checks were introduced.'
        when account is not null then 'An account with rights of production that is not known to be of one person.'
        when check_completed_at is null then 'No completed check for this employment.'
        when not is_clear then 'The check came out as ' || coalesce(check_result, 'nothing') || '.'
        when {{ item_in("'CHECK_AFTER_ACCESS'", 'codes') }}
            then 'Checked on ' || cast(cast(check_completed_at as date) as varchar) || '; had access on ' || cast(cast(not_after as date) as varchar) || ' at the latest.'
        when is_unclear then 'Checked on ' || cast(cast(check_completed_at as date) as varchar)
            || ', after the account was there; when it was given rights of production is not on record.'
        else 'Checked on ' || cast(cast(check_completed_at as date) as varchar) || ', before the access.'
    end as reason,
    person_key,
    employee_id,
    account,
    permissions,
    not_before as first_production_grant_after,
    not_after as first_production_grant_before,
    check_completed_at,
    check_result,
    vendor
from found

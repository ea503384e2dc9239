-- What people may do, in the words of the roles: rights of accounts that can be used, read through the register that says
-- what a right means. A right covers every line it has anything in common with.
with grants as (
    select * from {{ ref('fct_access_grant') }} where is_current
),

meanings as (
    select
        source_id,
        trim(entitlement_pattern) as entitlement_pattern,
        trim(resource_pattern) as resource_pattern,
        trim(permission) as permission
    from (
        select source_id, entitlement_pattern, resource_pattern, {{ unpacked('permissions') }} as permission
        from ({{ newest(ref('stg_registers__permission_map')) }}) as registered
    ) as listed
    where trim(permission) <> ''
),

rights as (
    select distinct source_id, entitlement, resource, exceptions from grants where effect = 'allow'
),

mapped as (
    select rights.*, meanings.entitlement_pattern, meanings.resource_pattern, meanings.permission
    from rights
    inner join meanings
        on meanings.source_id = rights.source_id
        and {{ overlap('rights.entitlement', 'meanings.entitlement_pattern') }}
        and {{ overlap('rights.resource', 'meanings.resource_pattern') }}
    where not {{ any_covers('rights.exceptions', 'meanings.entitlement_pattern') }}
),

people as (
    select links.source_id, links.account_id, links.person_key, accounts.login
    from {{ ref('bridge_account_person') }} as links
    inner join {{ ref('dim_account') }} as accounts
        on accounts.source_id = links.source_id and accounts.account_id = links.account_id and accounts.valid_to is null
    -- Not known whether it can be used: it can.
    where links.valid_to is null and links.person_key is not null and coalesce(accounts.can_sign_in, true)
    union
    select 'db_grants', grantee, person_key, grantee
    from {{ ref('fct_db_grant') }}
    where kind = 'human'
),

held as (
    select
        people.person_key,
        people.login,
        mapped.permission,
        mapped.entitlement_pattern,
        mapped.resource_pattern,
        grants.*
    from grants
    inner join people on people.source_id = grants.source_id and people.account_id = grants.account_id
    inner join mapped
        on mapped.source_id = grants.source_id
        and mapped.entitlement = grants.entitlement
        and mapped.resource = grants.resource
        and mapped.exceptions = grants.exceptions
    where grants.effect = 'allow'
),

-- A refusal counts where it covers all that the right and the line have in common.
refused as (
    select distinct held.account_id, held.entitlement, held.resource, held.entitlement_pattern, held.resource_pattern
    from held
    inner join grants as denials
        on denials.effect = 'deny'
        and denials.source_id = held.source_id
        and denials.account_id = held.account_id
        and ({{ covers('denials.entitlement', 'held.entitlement_pattern') }} or {{ covers('denials.entitlement', 'held.entitlement') }})
        and ({{ covers('denials.resource', 'held.resource_pattern') }} or {{ covers('denials.resource', 'held.resource') }})
),

bounded as (
    select held.account_id, held.entitlement_pattern, held.resource_pattern,
        max(case
            when {{ overlap('bounds.entitlement', 'held.entitlement_pattern') }} and {{ overlap('bounds.resource', 'held.resource_pattern') }}
                and not {{ any_covers('bounds.exceptions', 'held.entitlement_pattern') }}
            then 1 else 0
        end) as is_within
    from held
    inner join grants as bounds
        on bounds.effect = 'boundary' and bounds.source_id = held.source_id and bounds.account_id = held.account_id
    group by held.account_id, held.entitlement_pattern, held.resource_pattern
)

select
    held.person_key,
    held.permission,
    {{ distinct_texts('held.source_id') }} as source_ids,
    {{ distinct_texts('held.login') }} as logins,
    {{ distinct_texts('held.entitlement') }} as entitlements,
    {{ distinct_texts('held.grant_path') }} as grant_paths
from held
left join refused
    on refused.account_id = held.account_id
    and refused.entitlement = held.entitlement
    and refused.resource = held.resource
    and refused.entitlement_pattern = held.entitlement_pattern
    and refused.resource_pattern = held.resource_pattern
left join bounded
    on bounded.account_id = held.account_id
    and bounded.entitlement_pattern = held.entitlement_pattern
    and bounded.resource_pattern = held.resource_pattern
where refused.account_id is null and coalesce(bounded.is_within, 1) = 1
group by held.person_key, held.permission

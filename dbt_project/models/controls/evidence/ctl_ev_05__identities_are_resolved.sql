with accounts as (
    select *
    from {{ ref('dim_account') }}
    where valid_to is null and can_sign_in is not false and kind in ('human', 'unknown')
),

links as (
    select *
    from {{ ref('bridge_account_person') }}
    where valid_to is null
),

unapproved as (
    select distinct source_id, account_id
    from ({{ newest(ref('stg_registers__identity_overrides')) }}) as overrides
    where approved_by is null or approved_by = ''
),

records as (
    select records.person_key, records.email_key, records.employee_number, people.display_name, people.work_email
    from {{ ref('int_people_merged') }} as records
    inner join {{ ref('dim_person') }} as people on people.person_key = records.person_key
    where people.current_status in ('active', 'on_leave')
),

shared as (
    select email_key as shared_key from records where email_key is not null group by email_key having count(distinct person_key) > 1
    union all
    select employee_number as shared_key from records where employee_number is not null group by employee_number having count(distinct person_key) > 1
),

duplicated as (
    select distinct records.person_key, records.display_name, records.work_email
    from records
    inner join shared on shared.shared_key = records.email_key or shared.shared_key = records.employee_number
),

accounts_linked as (
    select
        accounts.source_id,
        accounts.account_id,
        accounts.login,
        accounts.can_sign_in,
        coalesce(links.resolution, 'orphan') as resolution,
        links.match_rule,
        links.person_key,
        links.candidate_person_keys,
        unapproved.account_id is not null as has_unapproved_override
    from accounts
    left join links on links.source_id = accounts.source_id and links.account_id = accounts.account_id
    left join unapproved on unapproved.source_id = accounts.source_id and unapproved.account_id = accounts.account_id
),

share as (
    select
        count(*) as accounts,
        count(case when resolution = 'resolved' then 1 end) as resolved,
        cast(count(case when resolution = 'resolved' then 1 end) as double) / nullif(count(*), 0) as resolved_share
    from accounts_linked
),

population as (
    select
        accounts_linked.source_id,
        accounts_linked.account_id,
        accounts_linked.login,
        accounts_linked.can_sign_in,
        accounts_linked.resolution,
        accounts_linked.match_rule,
        accounts_linked.person_key,
        accounts_linked.has_unapproved_override,
        duplicated.person_key is not null as is_duplicate,
        false as is_person_row
    from accounts_linked
    left join duplicated on duplicated.person_key = accounts_linked.person_key

    union all

    {#- A duplicate without accounts has no other row on which it could show. #}
    select
        'person' as source_id,
        duplicated.person_key as account_id,
        coalesce(duplicated.display_name, duplicated.person_key) as login,
        true as can_sign_in,
        'resolved' as resolution,
        null as match_rule,
        duplicated.person_key,
        false as has_unapproved_override,
        true as is_duplicate,
        true as is_person_row
    from duplicated
    left join accounts_linked on accounts_linked.person_key = duplicated.person_key
    where accounts_linked.person_key is null
),

coded as (
    select
        population.*,
        share.accounts,
        share.resolved,
        share.resolved_share,
        {{ codes([
            ('BELOW_MINIMUM', "can_sign_in and resolution <> 'resolved' and share.resolved_share < " ~ param('min_resolved')),
            ('AMBIGUOUS', "can_sign_in and resolution = 'ambiguous'"),
            ('DUPLICATE_PERSON', 'is_duplicate'),
            ('OVERRIDE_UNAPPROVED', 'has_unapproved_override'),
        ]) }} as codes
    from population
    cross join share
)

select
    source_id || '|' || account_id as entity_key,
    login as entity_name,
    person_key as owner_key,
    {#- Whether an account is enabled decides whether it has to resolve; some systems do not let us read that. #}
    {{ row_result(unknown="can_sign_in is null and resolution <> 'resolved'") }} as result,
    codes,
    case
        when is_duplicate
            then 'Person ' || person_key || ' shares an employee number or address with another current person.'
        when can_sign_in is null and resolution <> 'resolved'
            then 'Not resolved to a person, and whether the account is enabled could not be read.'
        when resolution = 'ambiguous' then 'Matches more than one person by ' || match_rule || '.'
        when has_unapproved_override then 'An override for this account has no approver and is not applied.'
        when resolution <> 'resolved'
            then 'Not resolved to a person: ' || cast(resolved as varchar) || ' of ' || cast(accounts as varchar)
                || ' accounts are resolved, the minimum is {{ param("min_resolved") }}.'
        else 'Resolved to one person by ' || match_rule || '.'
    end as reason,
    source_id,
    account_id,
    match_rule,
    person_key,
    resolution,
    resolved_share
from coded

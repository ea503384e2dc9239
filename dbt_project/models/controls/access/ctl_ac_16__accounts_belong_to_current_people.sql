with accounts as (
    select *
    from {{ ref('dim_account') }}
    where valid_to is null and can_sign_in is not false
),

links as (
    select *
    from {{ ref('bridge_account_person') }}
    where valid_to is null
),

people as (select * from {{ ref('dim_person') }}),

enabled as (
    select
        accounts.source_id,
        accounts.account_id,
        accounts.login,
        accounts.email,
        accounts.kind,
        accounts.can_sign_in,
        coalesce(links.resolution, 'orphan') as resolution,
        links.match_rule,
        links.person_key,
        coalesce(links.person_key, links.owner_key) as owner_key,
        links.candidate_person_keys,
        people.display_name,
        people.current_status as hris_status,
        people.valid_to as ended_at,
        case
            when links.person_key is not null
                then count(*) over (partition by accounts.source_id, links.person_key)
        end as accounts_of_person_in_system
    from accounts
    left join links on links.source_id = accounts.source_id and links.account_id = accounts.account_id
    left join people on people.person_key = links.person_key
),

with_idp_account as (
    select distinct links.person_key
    from {{ ref('dim_account') }} as accounts
    inner join links on links.source_id = accounts.source_id and links.account_id = accounts.account_id
    where accounts.source_id = 'okta'
        and accounts.valid_to is null
        and accounts.status <> 'DEPROVISIONED'
        and links.person_key is not null
),

{#- Who leaves within a day has had the account closed on the last day, as it should be. #}
without_idp_account as (
    select people.*
    from people
    left join with_idp_account on with_idp_account.person_key = people.person_key
    where people.current_status = 'active'
        and (people.valid_to is null or people.valid_to > {{ plus_hours(as_of(), 24) }})
        and with_idp_account.person_key is null
),

population as (
    select
        source_id,
        account_id,
        source_id || '|' || account_id as entity_key,
        login,
        email,
        kind,
        can_sign_in,
        resolution,
        match_rule,
        person_key,
        owner_key,
        candidate_person_keys,
        display_name,
        hris_status,
        ended_at,
        accounts_of_person_in_system,
        false as is_person_row
    from enabled

    union all

    select
        'person' as source_id,
        person_key as account_id,
        'person|' || person_key as entity_key,
        display_name as login,
        work_email as email,
        null as kind,
        true as can_sign_in,
        'resolved' as resolution,
        null as match_rule,
        person_key,
        person_key as owner_key,
        {{ text_list([]) }} as candidate_person_keys,
        display_name,
        current_status as hris_status,
        null as ended_at,
        null as accounts_of_person_in_system,
        true as is_person_row
    from without_idp_account
),

{#- What would be wrong with the account if it is enabled; whether it is, some systems do not let us read. #}
stated as (
    select
        *,
        not is_person_row
            and (
                resolution in ('orphan', 'ambiguous')
                or resolution = 'resolved'
                    and hris_status = 'ended'
                    and (ended_at is null or ended_at < {{ plus_hours(as_of(), -24) }})
            ) as is_wrong_if_enabled
    from population
),

coded as (
    select
        *,
        is_wrong_if_enabled and can_sign_in is null or resolution = 'resolved' and hris_status is null as is_unknown,
        {{ codes([
            ('ORPHAN', "is_wrong_if_enabled and can_sign_in and resolution = 'orphan'"),
            ('PERSON_INACTIVE', "is_wrong_if_enabled and can_sign_in and resolution = 'resolved'"),
            ('AMBIGUOUS', "is_wrong_if_enabled and can_sign_in and resolution = 'ambiguous'"),
            ('MISSING_IDP', 'is_person_row'),
        ]) }} as codes
    from stated
)

select
    entity_key,
    login as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when is_person_row then 'Active person without an account at the identity provider: for information.'
        when is_unknown and can_sign_in is null then 'Whether the account is enabled could not be read, and no current person is behind it.'
        when is_unknown then 'HR says nothing of the employment of ' || coalesce(display_name, person_key) || '.'
        when resolution = 'service' then 'Registered as ' || case kind when 'break_glass' then 'an emergency account' else 'a service account' end || '.'
        when resolution = 'orphan' then 'No person and no service registration is known for this account.'
        when resolution = 'ambiguous' then 'Matches more than one person by ' || match_rule || ': ' || {{ comma_separated('candidate_person_keys') }} || '.'
        when hris_status = 'ended' and ended_at is null then 'Belongs to ' || coalesce(display_name, person_key) || ', whom HR no longer lists.'
        when hris_status = 'ended' and ended_at < {{ plus_hours(as_of(), -24) }}
            then 'Belongs to ' || coalesce(display_name, person_key) || ', who left on ' || cast(ended_at as varchar) || ' UTC.'
        when hris_status = 'ended' then 'Belongs to ' || coalesce(display_name, person_key) || ', who left less than 24 hours ago.'
        else 'Belongs to ' || coalesce(display_name, person_key) || ' (' || coalesce(hris_status, 'status not known') || ') by ' || match_rule || '.'
            || case
                when accounts_of_person_in_system > 1
                    then ' One of ' || cast(accounts_of_person_in_system as varchar) || ' accounts of this person in the system.'
                else ''
            end
    end as reason,
    source_id,
    account_id,
    login,
    email,
    match_rule,
    person_key,
    hris_status,
    resolution,
    accounts_of_person_in_system
from coded

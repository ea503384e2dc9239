{#- Lines of a review as of the day judged last, by the rules against which AC-11 and AC-13 hold the reviews that come back. -#}
with systems as (
    select system_id, account_source
    from ({{ newest(ref('stg_registers__systems')) }}) as register
    where in_use and access_review_required
),

accounts as (
    select *
    from {{ ref('dim_account') }}
    where valid_to is null
        and can_sign_in is not false
        and (created_at is null or created_at <= {{ as_of() }})
),

links as (
    select *
    from {{ ref('bridge_account_person') }}
    where valid_to is null
),

titles as (
    select 'hris:' || employee_id as record_key, max(job_title) as job_title
    from {{ ref('stg_hris__employees') }}
    where _day = (select max(_day) from {{ ref('stg_hris__employees') }}) and error_code is null
    group by employee_id
),

services as (
    select source_id, account_id, min(purpose) as purpose
    from ({{ newest(ref('stg_registers__service_accounts')) }}) as register
    group by source_id, account_id
),

lines as (
    select
        systems.system_id,
        accounts.source_id,
        accounts.account_id,
        accounts.login,
        links.person_key,
        coalesce(links.person_key, links.owner_key) as owner_key,
        coalesce(people.display_name, accounts.login) as name,
        coalesce(titles.job_title, people.kind, services.purpose, 'not known') as role,
        accounts.last_activity_at as last_login,
        coalesce(held.permissions, {{ text_list([]) }}) as permissions,
        case
            when accounts.last_activity_at
                > {{ plus_days(as_of(), '-' ~ parameter_of('ctl_ac_13__review_lines_are_derived', 'stale_days')) }} then 'active'
            else 'review-needed'
        end as status,
        case when accounts.can_sign_in then 'confirm' else 'revoke' end as action_required
    from systems
    inner join accounts on accounts.source_id = systems.account_source
    left join links on links.source_id = accounts.source_id and links.account_id = accounts.account_id
    left join {{ ref('dim_person') }} as people on people.person_key = links.person_key
    left join titles on titles.record_key = links.person_key
    left join services on services.source_id = accounts.source_id and services.account_id = accounts.account_id
    left join {{ ref('int_account_permissions') }} as held
        on held.source_id = accounts.source_id and held.account_id = accounts.account_id
)

select
    {{ as_of() }} as snapshot_at,
    system_id,
    cast(row_number() over (partition by system_id order by name, source_id, account_id) as bigint) as line_no,
    source_id,
    account_id,
    login,
    person_key,
    owner_key,
    name,
    role,
    last_login,
    permissions,
    status,
    action_required
from lines

{#-
  Which accounts belonged to the person of an ended spell around its end. Disabling the identity provider revokes
  neither console passwords nor access keys nor organisation memberships: each is an access of its own.
#}
{#- Accounts closed in the month before the end are part of the offboarding; older ones are not. #}
{%- set lead_days = 30 -%}

with engagement as (
    select {{ local_to_utc('cast(window_start as timestamp)', 'time_zone') }} as window_start_at
    from {{ ref('dim_engagement') }}
),

spells as (select * from {{ ref('dim_employment_spell') }}),

ended as (
    select
        spells.*,
        following.spell_id is not null and following.start_date <= {{ date_plus('spells.end_date', 1) }} as is_continuous,
        following.start_effective_at as next_start_at
    from spells
    cross join engagement
    left join spells as following on following.spell_id = spells.next_spell_id
    where spells.end_effective_at <= {{ as_of() }}
        and spells.end_effective_at >= engagement.window_start_at
),

{#- The first version of an account reaches back to its creation; the newest holds for good, even after deletion. #}
links as (
    select
        source_id,
        account_id,
        login,
        person_key,
        case when lag(version_no) over account is null then cast(null as timestamp) else valid_from end as link_from,
        lead(valid_from) over account as link_to
    from {{ ref('bridge_account_person') }}
    window account as (partition by source_id, account_id order by version_no)
),

accounts as (
    select distinct
        ended.spell_id,
        links.source_id,
        links.account_id,
        links.login
    from ended
    inner join links
        on links.person_key = ended.person_key
        and (links.link_from is null or links.link_from <= {{ oldest_of([as_of(), 'coalesce(ended.next_start_at, ' ~ as_of() ~ ')']) }})
        and (links.link_to is null or links.link_to > {{ plus_days('ended.end_effective_at', -lead_days) }})
    qualify row_number() over (
        partition by ended.spell_id, links.source_id, links.account_id order by links.link_to desc nulls first
    ) = 1
),

keys as (
    select distinct
        accounts.spell_id,
        'aws_iam_key' as source_id,
        access_keys.access_key_id as account_id,
        accounts.login
    from accounts
    inner join {{ ref('dim_access_key') }} as access_keys on access_keys.user_id = accounts.account_id
    where accounts.source_id = 'aws_iam'
),

accesses as (
    select * from accounts
    union all
    select * from keys
)

select
    ended.spell_id,
    ended.person_key,
    accesses.source_id,
    accesses.account_id,
    accesses.login,
    ended.start_date,
    ended.end_date,
    ended.end_effective_at,
    ended.hr_notified_at,
    ended.end_reason,
    ended.next_spell_id,
    ended.next_start_at,
    ended.is_continuous
from ended
left join accesses on accesses.spell_id = ended.spell_id

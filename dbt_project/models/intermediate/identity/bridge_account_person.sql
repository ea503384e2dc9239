{#-
  Who is behind an account: rules in the order of AC-16's match_order, the first that finds anybody decides and is kept
  with the link. Names never match.
#}
{%- set control = 'ctl_ac_16__accounts_belong_to_current_people' -%}
{%- if parameter_of(control, 'allow_fuzzy_name_match') -%}
  {{ exceptions.raise_compiler_error("AC-16: allow_fuzzy_name_match must stay false: only exact rules identify people") }}
{%- endif -%}
{#- An account is often prepared before the first day of its owner. #}
{%- set onboarding_days = 30 -%}

with identities as (select * from {{ ref('int_account_identities_versioned') }}),

spells as (select * from {{ ref('dim_employment_spell') }}),

refs as (select * from {{ ref('int_person_refs') }}),

people as (select * from {{ ref('int_people_merged') }}),

emails as (select * from {{ ref('int_person_emails_dated') }}),

registered as (
    select source_id, account_id, login, owner_id, purpose
    from ({{ newest(ref('stg_registers__service_accounts')) }}) as service_accounts
),

overrides as (
    select source_id, account_id, person_id, approved_by
    from ({{ newest(ref('stg_registers__identity_overrides')) }}) as identity_overrides
    where approved_by is not null and approved_by <> ''
),

{#- HR lists leavers too: a record it lists no more was a mistake and stands back behind one that it lists. #}
listed_people as (
    select person_key, min(case when is_listed then 0 else 1 end) as unlisted
    from people
    group by person_key
),

match_order as (
    select * from (values
        {%- for rule in parameter_of(control, 'match_order') or [''] %}
        ('{{ rule }}', {{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (match_rule, rule_no)
),

{#- People who held an address, with the days on which they were employed and held it. #}
holders as (
    select
        emails.email_key,
        emails.person_key,
        {{ date_plus('spells.start_date', -onboarding_days) }} as employed_from,
        spells.end_date as employed_to,
        {{ date_plus('emails.valid_from', -onboarding_days) }} as held_from,
        emails.valid_to as held_to
    from emails
    inner join spells on spells.person_key = emails.person_key
),

addresses as (
    select source_id, account_id, version_no, 'verified_email' as match_rule, email_key, anchor_date
    from identities
    where email_key is not null
    union all
    select source_id, account_id, version_no, 'tag:owner' as match_rule, {{ normalised_email('owner_tag') }} as email_key, anchor_date
    from identities
    where owner_tag like '%@%'
),

direct as (
    select identities.source_id, identities.account_id, identities.version_no, 'override' as match_rule, refs.person_key, overrides.approved_by
    from identities
    inner join overrides on overrides.source_id = identities.source_id and overrides.account_id = identities.account_id
    inner join refs on refs.ref = overrides.person_id

    union all

    select identities.source_id, identities.account_id, identities.version_no, 'employee_number', people.person_key, null
    from identities
    inner join people on people.employee_number = identities.employee_number

    union all

    select addresses.source_id, addresses.account_id, addresses.version_no, addresses.match_rule, holders.person_key, null
    from addresses
    inner join holders
        on holders.email_key = addresses.email_key
        and addresses.anchor_date >= holders.employed_from
        and addresses.anchor_date >= holders.held_from
        and (holders.employed_to is null or addresses.anchor_date <= holders.employed_to)
        and (holders.held_to is null or addresses.anchor_date <= holders.held_to)

    union all

    select identities.source_id, identities.account_id, identities.version_no, 'tag:owner', refs.person_key, null
    from identities
    inner join refs on refs.ref = identities.owner_tag
),

ranked as (
    select distinct direct.*, match_order.rule_no, listed_people.unlisted
    from direct
    inner join match_order on match_order.match_rule = direct.match_rule
    inner join listed_people on listed_people.person_key = direct.person_key
),

idp_people as (
    select ranked.account_id, ranked.version_no, min(ranked.person_key) as person_key
    from (
        select *
        from ranked
        where source_id = 'okta'
        qualify rank() over (partition by account_id, version_no order by rule_no, unlisted) = 1
    ) as ranked
    group by ranked.account_id, ranked.version_no
    having count(distinct ranked.person_key) = 1
),

first_days as (
    select person_key, {{ date_plus('min(start_date)', -onboarding_days) }} as earliest_date
    from spells
    group by person_key
),

{#- A login can be given to somebody else later: only people who were here when the account appeared can own it. #}
by_saml as (
    select
        identities.source_id,
        identities.account_id,
        identities.version_no,
        'saml_nameid' as match_rule,
        idp_people.person_key,
        cast(null as varchar) as approved_by
    from identities
    inner join identities as idp on idp.source_id = 'okta' and lower(idp.login) = lower(identities.name_id)
    inner join idp_people on idp_people.account_id = idp.account_id and idp_people.version_no = idp.version_no
    inner join first_days on first_days.person_key = idp_people.person_key
    where identities.source_id = 'github' and identities.anchor_date >= first_days.earliest_date
),

candidates as (
    select * from ranked
    union all
    select distinct by_saml.*, match_order.rule_no, listed_people.unlisted
    from by_saml
    inner join match_order on match_order.match_rule = by_saml.match_rule
    inner join listed_people on listed_people.person_key = by_saml.person_key
),

decisive as (
    select *
    from candidates
    qualify rank() over (partition by source_id, account_id, version_no order by rule_no, unlisted) = 1
),

matched as (
    select
        source_id,
        account_id,
        version_no,
        min(match_rule) as match_rule,
        min(person_key) as person_key,
        max(approved_by) as approved_by,
        count(distinct person_key) as people_found,
        {{ distinct_texts('person_key') }} as candidate_person_keys
    from decisive
    group by source_id, account_id, version_no
),

services as (
    select
        identities.source_id,
        identities.account_id,
        identities.version_no,
        min(registered.owner_id) as owner_id
    from identities
    inner join registered
        on registered.source_id = identities.source_id
        and coalesce(registered.account_id, 'login ' || lower(registered.login))
            = case when registered.account_id is null then 'login ' || lower(identities.login) else identities.account_id end
    group by identities.source_id, identities.account_id, identities.version_no
)

select
    identities.source_id,
    identities.account_id,
    identities.login,
    case when services.account_id is null and matched.people_found = 1 then matched.person_key end as person_key,
    case
        when services.account_id is not null then 'registry'
        else matched.match_rule
    end as match_rule,
    case
        when services.account_id is not null or matched.match_rule = 'override' then 'approved'
        when matched.match_rule in ('employee_number', 'saml_nameid') then 'authoritative'
        when matched.match_rule = 'verified_email' then 'dated'
        when matched.match_rule = 'tag:owner' then 'declared'
    end as confidence,
    case when services.account_id is null then matched.approved_by end as approved_by,
    identities.valid_from,
    identities.valid_to,
    case
        when services.account_id is not null then 'service'
        when matched.people_found = 1 then 'resolved'
        when matched.people_found > 1 then 'ambiguous'
        else 'orphan'
    end as resolution,
    identities.version_no,
    owners.person_key as owner_key,
    coalesce(matched.candidate_person_keys, {{ text_list([]) }}) as candidate_person_keys
from identities
left join matched
    on matched.source_id = identities.source_id
    and matched.account_id = identities.account_id
    and matched.version_no = identities.version_no
left join services
    on services.source_id = identities.source_id
    and services.account_id = identities.account_id
    and services.version_no = identities.version_no
left join refs as owners on owners.ref = services.owner_id

{#-
  SSH keys that the listings of the day show, with the first sighting of their material under any name: a key that was
  uploaded again is as old as it was. Every listing ever read counts for that.
-#}
with sightings as (
    select
        _day,
        'github_deploy_key' as source_id,
        key_id,
        coalesce(repo_full_name, '') || ' ' || coalesce(title, '') as label,
        repo_id as holder,
        {{ ssh_fingerprint('public_key') }} as fingerprint,
        {{ ssh_key_kind('public_key') }} as kind,
        {{ ssh_rsa_bits('public_key') }} as bits,
        is_enabled,
        created_at,
        last_used_at
    from {{ ref('stg_github_keys__deploy_keys') }}
    where key_id is not null and _day <= {{ as_of_day() }}
    union all
    select
        _day,
        'github_credential',
        credential_id,
        login,
        lower(login),
        rtrim(replace(fingerprint, 'SHA256:', ''), '='),
        null,
        null,
        true,
        authorized_at,
        accessed_at
    from {{ ref('stg_github_keys__credential_authorizations') }}
    where lower(credential_type) like 'ssh%' and _day <= {{ as_of_day() }}
    union all
    select
        _day,
        'aws_key_pair',
        region || '/' || key_pair_id,
        key_name,
        owner_tag,
        coalesce({{ ssh_fingerprint('public_key') }}, fingerprint),
        coalesce({{ ssh_key_kind('public_key') }}, case key_type when 'rsa' then 'ssh-rsa' else key_type end),
        {{ ssh_rsa_bits('public_key') }},
        true,
        created_at,
        null
    from {{ ref('stg_aws_key_pairs__key_pairs') }}
    where key_pair_id is not null and _day <= {{ as_of_day() }}
),

keys as (
    select
        source_id,
        key_id,
        fingerprint,
        coalesce(min(created_at), cast(min(_day) as timestamp)) as first_seen_at,
        min(created_at) is not null as is_dated
    from sightings
    group by source_id, key_id, fingerprint
),

materials as (
    select
        keys.source_id,
        keys.key_id,
        keys.fingerprint,
        keys.is_dated,
        coalesce(min(same.first_seen_at), keys.first_seen_at) as material_first_seen_at,
        max(case when same.first_seen_at < keys.first_seen_at then 1 else 0 end) = 1 as is_uploaded_again
    from keys
    left join keys as same on same.fingerprint = keys.fingerprint
    group by keys.source_id, keys.key_id, keys.fingerprint, keys.is_dated, keys.first_seen_at
),

identities as (
    select source_id, account_id, lower(login) as login, person_key, owner_key
    from {{ ref('bridge_account_person') }}
    qualify row_number() over (partition by source_id, account_id order by version_no desc) = 1
),

addresses as (
    select email_key, min(person_key) as person_key
    from {{ ref('int_person_emails_dated') }}
    where valid_to is null
    group by email_key
    having count(distinct person_key) = 1
)

select
    sightings.source_id,
    sightings.key_id,
    sightings.label,
    sightings.fingerprint,
    sightings.kind,
    sightings.bits,
    sightings.is_enabled,
    coalesce(identities.person_key, identities.owner_key, repos.owner_key, addresses.person_key) as owner_key,
    sightings.created_at,
    materials.material_first_seen_at,
    materials.is_dated,
    materials.is_uploaded_again,
    sightings.last_used_at
from sightings
left join materials
    on materials.source_id = sightings.source_id
    and materials.key_id = sightings.key_id
    and materials.fingerprint is not distinct from sightings.fingerprint
left join identities
    on sightings.source_id = 'github_credential' and identities.source_id = 'github' and identities.login = sightings.holder
left join {{ ref('dim_repo') }} as repos on sightings.source_id = 'github_deploy_key' and repos.repo_id = sightings.holder
left join addresses
    on sightings.source_id = 'aws_key_pair' and addresses.email_key = {{ normalised_email('sightings.holder') }}
where sightings._day = {{ as_of_day() }}
qualify row_number() over (partition by sightings.source_id, sightings.key_id order by identities.account_id) = 1

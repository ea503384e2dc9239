with refused as (
    select 'github_deploy_key' as source_id, repo_id as key_id, repo_full_name as label
    from {{ ref('stg_github_keys__deploy_keys') }}
    where _day = {{ as_of_day() }} and error_code is not null
    union all
    select 'aws_key_pair', region, region
    from {{ ref('stg_aws_key_pairs__key_pairs') }}
    where _day = {{ as_of_day() }} and error_code is not null
),

keys as (
    select
        ssh.source_id,
        ssh.key_id,
        ssh.label,
        ssh.fingerprint,
        ssh.kind,
        ssh.bits,
        ssh.is_enabled,
        ssh.owner_key,
        ssh.created_at,
        ssh.material_first_seen_at,
        ssh.is_dated,
        ssh.is_uploaded_again,
        ssh.last_used_at,
        false as is_refused,
        people.current_status = 'ended' as is_leavers,
        {{ days_between('ssh.material_first_seen_at', as_of()) }} as age_days
    from {{ ref('dim_ssh_key') }} as ssh
    left join {{ ref('dim_person') }} as people on people.person_key = ssh.owner_key
    union all
    select source_id, key_id, label, null, null, null, true, null, null, null, null, null, null, true, false, null
    from refused
),

judged as (
    select
        *,
        {{ codes([
            ('KEY_TOO_OLD', 'is_enabled and age_days > ' ~ param('max_age_days')),
            ('REUPLOADED_SAME_MATERIAL', 'is_enabled and coalesce(is_uploaded_again, false)'),
            ('WEAK_KEY', "is_enabled and coalesce(kind = 'ssh-dss' or bits < " ~ param('min_rsa_bits') ~ ", false)"),
            ('KEY_OF_LEAVER', 'is_enabled and coalesce(is_leavers, false)'),
            ('AGE_UNKNOWN', 'is_enabled and not is_refused and not is_dated and age_days <= ' ~ param('max_age_days')),
        ]) }} as codes,
        not is_refused and not is_enabled as is_excluded,
        -- The length of an RSA key is needed, but the source shows no key; an authorised account belongs to nobody known.
        is_refused or (source_id = 'github_credential' and owner_key is null) or coalesce(kind = 'ssh-rsa' and bits is null, false) as is_unknown
    from keys
)

select
    source_id || '|' || key_id as entity_key,
    coalesce(label, key_id) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'The key is disabled.'
        when is_refused then 'The keys could not be listed.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'KEY_TOO_OLD'") ~ " then 'The key material is ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days old, more than " ~ param('max_age_days') ~ "' end",
                "case when " ~ includes('codes', "'REUPLOADED_SAME_MATERIAL'") ~ " then 'The same material was there before under another id' end",
                "case when " ~ includes('codes', "'WEAK_KEY'") ~ " then 'The key is weak: ' || kind || coalesce(' of ' || cast(bits as varchar) || ' bits', '') end",
                "case when " ~ includes('codes', "'KEY_OF_LEAVER'") ~ " then 'Its owner has left' end",
                "case when " ~ includes('codes', "'AGE_UNKNOWN'") ~ " then 'Nobody says how old the key is, and it was first seen lately' end",
            ]) }} || '.'
        when is_unknown and owner_key is null and source_id = 'github_credential' then 'Whose key it is, is not known.'
        when is_unknown then 'The length of the key could not be read.'
        when age_days > {{ param('max_age_days') }} - {{ param('warn_days') }}
            then 'The key material is ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days old: to be replaced soon.'
        else 'The key material is ' || cast(cast(floor(age_days) as bigint) as varchar) || ' days old.'
    end as reason,
    key_id,
    fingerprint,
    owner_key as owner,
    source_id,
    created_at,
    material_first_seen_at,
    cast(floor(age_days) as bigint) as age_days,
    last_used_at
from judged

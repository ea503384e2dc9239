with judged as (
    select
        *,
        {{ codes([
            ('NO_CONSENT', 'legal_basis is not null and used_at is not null and subject_id is not null and consent_id is null'),
            ('AFTER_WITHDRAWAL', 'used_at > ' ~ plus_hours('withdrawn_at', param('withdrawal_effect_hours'))),
            ('CONSENT_UNPROVEN', 'consent_id is not null and (source is null or notice_version is null)'),
        ]) }} as codes,
        legal_basis is null or used_at is null or subject_id is null as is_unknown
    from {{ ref('fct_consent_use') }}
)

select
    event_id as entity_key,
    coalesce(purpose, 'no purpose') || ', ' || coalesce(cast(used_at as varchar), 'no time') as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'NO_CONSENT'", 'codes') ~ " then 'No consent to this purpose had been given.' end",
                "case when " ~ item_in("'AFTER_WITHDRAWAL'", 'codes') ~ " then 'Used after the consent was withdrawn at ' || cast(withdrawn_at as varchar) || ' UTC.' end",
                "case when " ~ item_in("'CONSENT_UNPROVEN'", 'codes') ~ " then 'The consent names no source or no version of the notice.' end",
            ]), ' ') }}
        when legal_basis is null then 'Neither the event nor the register names a legal basis for the purpose.'
        when is_unknown then 'The event has no time or no person.'
        else 'Consent of ' || cast(given_at as varchar) || ' UTC.'
    end as reason,
    event_id,
    purpose,
    used_at,
    consent_id,
    given_at,
    withdrawn_at,
    source,
    notice_version
from judged

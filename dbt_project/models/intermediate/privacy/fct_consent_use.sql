with purposes as (
    {{ newest(ref('stg_registers__processing_purposes')) }}
),

uses as (
    select
        events.event_id,
        events.subject_id,
        events.purpose,
        events.used_at,
        coalesce(events.legal_basis, purposes.legal_basis) as legal_basis,
        owners.person_key as owner_key
    from ({{ newest_records(ref('stg_privacy__processing_events'), 'event_id') }}) as events
    left join purposes
        on events.purpose = purposes.purpose
    left join {{ ref('int_person_refs') }} as owners
        on purposes.owner_id = owners.ref
    cross join {{ ref('dim_engagement') }} as engagement
    -- Either of the two may say that consent is needed; what neither places cannot be left out.
    where (events.used_at is null or events.used_at >= cast(engagement.window_start as timestamp))
        and (
            events.legal_basis = 'consent'
            or purposes.legal_basis = 'consent'
            or (events.legal_basis is null and purposes.legal_basis is null)
        )
)

select
    uses.event_id,
    uses.subject_id,
    uses.purpose,
    uses.used_at,
    uses.legal_basis,
    uses.owner_key,
    consents.consent_id,
    consents.given_at,
    consents.withdrawn_at,
    consents.source,
    consents.notice_version
from uses
left join ({{ newest_records(ref('stg_privacy__consents'), 'consent_id') }}) as consents
    on uses.subject_id = consents.subject_id
    and uses.purpose = consents.purpose
    and consents.given_at <= uses.used_at
-- The consent that speaks most for the use: one in force, else the one that was withdrawn last.
qualify row_number() over (
    partition by uses.event_id
    order by
        case when consents.consent_id is not null and consents.withdrawn_at is null then 0 else 1 end,
        consents.withdrawn_at desc nulls last,
        consents.given_at desc,
        consents.consent_id
) = 1

with requests as (
    select
        requests.*,
        case regime
            when 'gdpr' then {{ plus_months('cast(received_at as date)', param_of('PR-05', 'gdpr_months')) }}
            when 'ccpa' then cast(received_at as date) + {{ param_of('PR-05', 'ccpa_days') }}
        end as due_on,
        case regime
            when 'gdpr' then {{ plus_months('cast(received_at as date)', param_of('PR-05', 'gdpr_extended_months')) }}
            when 'ccpa' then cast(received_at as date) + {{ param_of('PR-05', 'ccpa_extended_days') }}
        end as extendable_until
    from ({{ newest(ref('stg_registers__dsar')) }}) as requests
)

select
    requests.request_id,
    requests.regime,
    requests.kind,
    requests.received_at,
    requests.verified_at,
    requests.completed_at,
    requests.extended_until,
    requests.extension_notified_at,
    requests.due_on,
    -- An extension counts when the person was told in time, and no further than the law lets it go.
    case
        when requests.extended_until > requests.due_on and cast(requests.extension_notified_at as date) <= requests.due_on
            then {{ oldest_of(['requests.extended_until', 'requests.extendable_until']) }}
        else requests.due_on
    end as answer_by,
    owners.person_key as owner_key
from requests
cross join {{ ref('dim_engagement') }} as engagement
left join {{ ref('int_person_refs') }} as owners
    on requests.owner_id = owners.ref
where requests.received_at is null
    or requests.received_at >= cast(engagement.window_start as timestamp)
    or requests.completed_at is null
    or requests.completed_at >= cast(engagement.window_start as timestamp)

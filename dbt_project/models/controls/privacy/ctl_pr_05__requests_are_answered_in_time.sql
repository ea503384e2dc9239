with judged as (
    select
        *,
        {{ codes([
            ('REQUEST_LATE', 'coalesce(cast(completed_at as date), ' ~ as_of_day() ~ ') > answer_by'),
            ('NOT_VERIFIED', 'completed_at is not null and coalesce(verified_at > completed_at, true)'),
            ('EXTENSION_NOT_NOTIFIED', 'extended_until > due_on and coalesce(cast(extension_notified_at as date) > due_on, due_on < ' ~ as_of_day() ~ ')'),
        ]) }} as codes,
        regime is null or received_at is null as is_unknown,
        completed_at is null and answer_by >= {{ as_of_day() }} as is_pending
    from {{ ref('fct_privacy_request') }}
)

select
    request_id as entity_key,
    kind || ', request ' || request_id as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='coalesce(is_pending, false)') }} as result,
    codes,
    case
        when is_pending then 'Open; to be answered until ' || cast(answer_by as varchar) || '.'
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'REQUEST_LATE'", 'codes') ~ " then case when completed_at is null then 'Open, ' else 'Answered on ' || cast(cast(completed_at as date) as varchar) || ', ' end || 'to be answered until ' || cast(answer_by as varchar) || '.' end",
                "case when " ~ item_in("'NOT_VERIFIED'", 'codes') ~ " then 'Answered without verifying who asked before.' end",
                "case when " ~ item_in("'EXTENSION_NOT_NOTIFIED'", 'codes') ~ " then 'Extended to ' || cast(extended_until as varchar) || ' without telling the person by ' || cast(due_on as varchar) || '.' end",
            ]), ' ') }}
        when is_unknown then 'The register does not say when it was received or which law applies.'
        else 'Answered on ' || cast(cast(completed_at as date) as varchar) || ', to be answered until ' || cast(answer_by as varchar) || '.'
    end as reason,
    request_id,
    regime,
    kind,
    received_at,
    verified_at,
    answer_by as due_on,
    completed_at,
    extended_until,
    extension_notified_at
from judged

with source as (
    {{ new_runs('registers', 'access_requests') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.request_id') }} as request_id,
        {{ json_text('record', '$.person_id') }} as person_id,
        {{ json_text('record', '$.entitlement') }} as entitlement,
        {{ utc(json_text('record', '$.requested_at')) }} as requested_at,
        {{ json_text('record', '$.approver_id') }} as approver_id,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        {{ utc(json_text('record', '$.expires_at')) }} as expires_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'keys') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.key_arn') }} as key_arn,
        {{ utc(json_text('record', '$.manual_rotated_at')) }} as manual_rotated_at,
        {{ json_text('record', '$.evidence_uri') }} as evidence_uri,
        {{ json_text('record', '$.exempt_reason') }} as exempt_reason,
        {{ json_text('record', '$.approver') }} as approver,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

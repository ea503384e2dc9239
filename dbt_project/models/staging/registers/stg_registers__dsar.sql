with source as (
    {{ new_runs('registers', 'dsar') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.request_id') }} as request_id,
        {{ json_text('record', '$.regime') }} as regime,
        {{ json_text('record', '$.kind') }} as kind,
        {{ utc(json_text('record', '$.received_at')) }} as received_at,
        {{ utc(json_text('record', '$.verified_at')) }} as verified_at,
        {{ utc(json_text('record', '$.completed_at')) }} as completed_at,
        cast({{ json_text('record', '$.extended_until') }} as date) as extended_until,
        {{ utc(json_text('record', '$.extension_notified_at')) }} as extension_notified_at,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

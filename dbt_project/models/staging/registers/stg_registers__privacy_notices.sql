with source as (
    {{ new_runs('registers', 'privacy_notices') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.notice_id') }} as notice_id,
        {{ json_text('record', '$.url') }} as url,
        {{ json_text('record', '$.policy_id') }} as policy_id,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'access_review_lines') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.review_id') }} as review_id,
        {{ json_text('record', '$.line_no') }} as line_no,
        {{ json_text('record', '$.source_id') }} as source_id,
        {{ json_text('record', '$.account_id') }} as account_id,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.role') }} as role,
        {{ utc(json_text('record', '$.last_login')) }} as last_login,
        {{ register_list('record', '$.permissions') }} as permissions,
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.action_required') }} as action_required,
        {{ json_text('record', '$.decision') }} as decision,
        {{ register_list('record', '$.removed_permissions') }} as removed_permissions,
        {{ json_text('record', '$.decided_by') }} as decided_by,
        {{ utc(json_text('record', '$.decided_at')) }} as decided_at,
        {{ json_text('record', '$.reason') }} as reason,
        {{ utc(json_text('record', '$.begun_at')) }} as begun_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

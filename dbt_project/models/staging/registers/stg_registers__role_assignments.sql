with source as (
    {{ new_runs('registers', 'role_assignments') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.person_id') }} as person_id,
        {{ json_text('record', '$.role') }} as role,
        {{ json_text('record', '$.permission') }} as permission,
        {{ utc(json_text('record', '$.valid_from')) }} as valid_from,
        {{ utc(json_text('record', '$.valid_to')) }} as valid_to,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('record', '$.ticket') }} as ticket,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

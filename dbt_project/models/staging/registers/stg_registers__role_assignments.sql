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
        try_cast({{ json_text('record', '$.valid_from') }} as date) as valid_from,
        try_cast({{ json_text('record', '$.valid_to') }} as date) as valid_to,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

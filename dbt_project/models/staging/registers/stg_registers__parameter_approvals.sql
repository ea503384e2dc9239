with source as (
    {{ new_runs('registers', 'parameter_approvals') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.control_id') }} as control_id,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.old_value') }} as old_value,
        {{ json_text('record', '$.new_value') }} as new_value,
        {{ json_text('record', '$.changed_by') }} as changed_by,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        {{ json_text('record', '$.reason') }} as reason,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

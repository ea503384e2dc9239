with source as (
    {{ new_runs('registers', 'termination_checklists') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.person_id') }} as person_id,
        try_cast({{ json_text('record', '$.end_date') }} as date) as end_date,
        {{ json_text('record', '$.item') }} as item,
        {{ utc(json_text('record', '$.completed_at')) }} as completed_at,
        {{ json_text('record', '$.completed_by') }} as completed_by,
        {{ json_text('record', '$.ticket_id') }} as ticket_id,
        {{ json_text('record', '$.not_applicable_reason') }} as not_applicable_reason,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'background_checks') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.check_id') }} as check_id,
        {{ json_text('record', '$.person_id') }} as person_id,
        {{ utc(json_text('record', '$.requested_at')) }} as requested_at,
        {{ utc(json_text('record', '$.completed_at')) }} as completed_at,
        {{ json_text('record', '$.result') }} as result,
        {{ json_text('record', '$.vendor') }} as vendor,
        {{ json_text('record', '$.jurisdiction_waiver') }} as jurisdiction_waiver,
        {{ json_text('record', '$.waiver_approved_by') }} as waiver_approved_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

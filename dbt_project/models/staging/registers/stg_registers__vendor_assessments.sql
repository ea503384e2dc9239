with source as (
    {{ new_runs('registers', 'vendor_assessments') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.vendor_id') }} as vendor_id,
        {{ json_text('record', '$.kind') }} as kind,
        {{ utc(json_text('record', '$.performed_at')) }} as performed_at,
        {{ json_text('record', '$.reviewer_id') }} as reviewer_id,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('record', '$.outcome') }} as outcome,
        {{ json_text('record', '$.document_uri') }} as document_uri,
        {{ json_text('record', '$.document_sha256') }} as document_sha256,
        {{ json_text('record', '$.report_type') }} as report_type,
        cast({{ json_text('record', '$.report_period_start') }} as date) as report_period_start,
        cast({{ json_text('record', '$.report_period_end') }} as date) as report_period_end,
        {{ json_text('record', '$.opinion') }} as opinion,
        {{ json_bool('record', '$.exceptions_reviewed') }} as exceptions_reviewed,
        {{ json_bool('record', '$.cuecs_mapped') }} as cuecs_mapped,
        cast({{ json_text('record', '$.bridge_letter_until') }} as date) as bridge_letter_until,
        cast({{ json_text('record', '$.next_due') }} as date) as next_due,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

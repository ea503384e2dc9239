with source as (
    {{ new_runs('registers', 'access_reviews') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.review_id') }} as review_id,
        {{ json_text('record', '$.review_period') }} as review_period,
        {{ json_text('record', '$.system_id') }} as system_id,
        {{ json_text('record', '$.reviewer_id') }} as reviewer_id,
        {{ utc(json_text('record', '$.snapshot_at')) }} as snapshot_at,
        cast({{ json_text('record', '$.due_date') }} as date) as due_date,
        {{ utc(json_text('record', '$.completed_at')) }} as completed_at,
        {{ json_text('record', '$.signed_by') }} as signed_by,
        {{ utc(json_text('record', '$.signed_at')) }} as signed_at,
        {{ json_text('record', '$.report_sha256') }} as report_sha256,
        {{ json_text('record', '$.reassigned_to') }} as reassigned_to,
        {{ utc(json_text('record', '$.reassigned_at')) }} as reassigned_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

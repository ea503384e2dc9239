with source as (
    {{ new_runs('registers', 'audit_findings') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.engagement_id') }} as engagement_id,
        {{ json_text('record', '$.finding_id') }} as finding_id,
        {{ json_text('record', '$.control_id') }} as control_id,
        {{ json_text('record', '$.summary') }} as summary,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('record', '$.management_response') }} as management_response,
        cast({{ json_text('record', '$.due_date') }} as date) as due_date,
        {{ utc(json_text('record', '$.remediated_at')) }} as remediated_at,
        {{ json_text('record', '$.retest_run_id') }} as retest_run_id,
        {{ json_text('record', '$.exception_id') }} as exception_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

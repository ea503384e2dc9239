with source as (
    {{ new_runs('registers', 'engagement') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.engagement_id') }} as engagement_id,
        {{ json_text('record', '$.report_type') }} as report_type,
        cast({{ json_text('record', '$.as_of_date') }} as date) as as_of_date,
        cast({{ json_text('record', '$.window_start') }} as date) as window_start,
        cast({{ json_text('record', '$.window_end') }} as date) as window_end,
        cast({{ json_text('record', '$.controls_effective_from') }} as date) as controls_effective_from,
        {{ json_text('record', '$.time_zone') }} as time_zone,
        {{ json_text('record', '$.auditor') }} as auditor,
        {{ json_text('record', '$.previous_engagement_id') }} as previous_engagement_id,
        {{ json_text('record', '$.decided_by') }} as decided_by,
        cast({{ json_text('record', '$.decision_date') }} as date) as decision_date,
        {{ json_int('record', '$.budget_usd') }} as budget_usd,
        cast({{ json_text('record', '$.planned_start') }} as date) as planned_start,
        cast({{ json_text('record', '$.planned_report_date') }} as date) as planned_report_date,
        {{ json_text('record', '$.audience') }} as audience,
        {{ json_text('record', '$.maturity') }} as maturity,
        {{ json_text('record', '$.auditor_license_no') }} as auditor_license_no,
        {{ utc(json_text('record', '$.independence_confirmed_at')) }} as independence_confirmed_at,
        {{ utc(json_text('record', '$.letter_signed_at')) }} as letter_signed_at,
        {{ json_text('record', '$.letter_signed_by') }} as letter_signed_by,
        {{ json_text('record', '$.letter_uri') }} as letter_uri,
        {{ json_text('record', '$.letter_sha256') }} as letter_sha256,
        {{ json_text('record', '$.letter_report_type') }} as letter_report_type,
        {{ register_list('record', '$.letter_categories') }} as letter_categories,
        cast({{ json_text('record', '$.letter_window_start') }} as date) as letter_window_start,
        cast({{ json_text('record', '$.letter_window_end') }} as date) as letter_window_end,
        cast({{ json_text('record', '$.report_date') }} as date) as report_date,
        {{ json_int('record', '$.report_findings') }} as report_findings,
        cast({{ json_text('record', '$.closed_on') }} as date) as closed_on,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

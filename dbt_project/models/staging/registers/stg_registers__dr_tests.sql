with source as (
    {{ new_runs('registers', 'dr_tests') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.test_id') }} as test_id,
        {{ json_text('record', '$.store_id') }} as store_id,
        {{ utc(json_text('record', '$.held_at')) }} as held_at,
        {{ json_text('record', '$.rto_minutes') }} as rto_minutes,
        {{ json_text('record', '$.rpo_minutes') }} as rpo_minutes,
        {{ json_text('record', '$.result') }} as result,
        {{ json_text('record', '$.report_uri') }} as report_uri,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

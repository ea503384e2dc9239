with source as (
    {{ new_runs('registers', 'false_alarms') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.deployment_id') }} as deployment_id,
        {{ json_text('record', '$.noted_by') }} as noted_by,
        {{ utc(json_text('record', '$.noted_at')) }} as noted_at,
        {{ json_text('record', '$.reason') }} as reason,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

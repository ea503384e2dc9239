with source as (
    {{ new_runs('registers', 'data_ages') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.store_ref') }} as store_ref,
        {{ utc(json_text('record', '$.oldest_record_at')) }} as oldest_record_at,
        {{ utc(json_text('record', '$.measured_at')) }} as measured_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

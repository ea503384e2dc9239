with source as (
    {{ new_runs('registers', 'masking_jobs') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.store_ref') }} as store_ref,
        {{ utc(json_text('record', '$.run_at')) }} as run_at,
        {{ json_text('record', '$.method') }} as method,
        {{ json_int('record', '$.row_count') }} as row_count,
        {{ json_text('record', '$.verified_by') }} as verified_by,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'customer_offboardings') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.customer_id') }} as customer_id,
        {{ utc(json_text('record', '$.ended_at')) }} as ended_at,
        {{ utc(json_text('record', '$.deleted_at')) }} as deleted_at,
        {{ json_text('record', '$.certificate_uri') }} as certificate_uri,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'vendor_aliases') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.alias') }} as alias,
        {{ json_text('record', '$.vendor_id') }} as vendor_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

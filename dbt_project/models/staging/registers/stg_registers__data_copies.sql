with source as (
    {{ new_runs('registers', 'data_copies') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.store_ref') }} as store_ref,
        {{ json_text('record', '$.source_ref') }} as source_ref,
        {{ json_text('record', '$.environment') }} as environment,
        {{ utc(json_text('record', '$.refreshed_at')) }} as refreshed_at,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'processing_purposes') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.purpose') }} as purpose,
        {{ json_text('record', '$.legal_basis') }} as legal_basis,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'service_accounts') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.source_id') }} as source_id,
        {{ json_text('record', '$.account_id') }} as account_id,
        {{ json_text('record', '$.login') }} as login,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('record', '$.purpose') }} as purpose,
        {{ utc(json_text('record', '$.registered_at')) }} as registered_at,
        {{ register_list('record', '$.permissions') }} as permissions,
        cast({{ json_text('record', '$.review_due') }} as date) as review_due,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'scope_facts') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.fact') }} as fact,
        {{ json_bool('record', '$.holds') }} as holds,
        {{ json_text('record', '$.declared_by') }} as declared_by,
        {{ utc(json_text('record', '$.declared_at')) }} as declared_at,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

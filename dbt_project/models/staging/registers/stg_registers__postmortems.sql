with source as (
    {{ new_runs('registers', 'postmortems') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.incident_id') }} as incident_id,
        {{ utc(json_text('record', '$.published_at')) }} as published_at,
        {{ json_text('record', '$.author') }} as author,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ register_list('record', '$.timeline') }} as timeline,
        {{ json_text('record', '$.root_cause') }} as root_cause,
        {{ json_text('record', '$.uri') }} as uri,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'incident_timeline') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.incident_id') }} as incident_id,
        {{ json_text('record', '$.entry_id') }} as entry_id,
        {{ json_text('record', '$.kind') }} as kind,
        {{ utc(json_text('record', '$.happened_at')) }} as happened_at,
        {{ json_text('record', '$.value') }} as value,
        {{ json_text('record', '$.by_id') }} as by_id,
        {{ json_text('record', '$.note') }} as note,
        {{ json_text('record', '$.evidence_uri') }} as evidence_uri,
        {{ json_text('record', '$.channel') }} as channel,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

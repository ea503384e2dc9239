with source as (
    {{ new_runs('registers', 'standups') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.standup_id') }} as standup_id,
        {{ utc(json_text('record', '$.held_at')) }} as held_at,
        {{ register_list('record', '$.deployments') }} as deployments,
        {{ register_list('record', '$.attendees') }} as attendees,
        {{ json_text('record', '$.notes_uri') }} as notes_uri,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('registers', 'freeze_waivers') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.waiver_id') }} as waiver_id,
        {{ json_text('record', '$.change_ref') }} as change_ref,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ utc(json_text('record', '$.approved_at')) }} as approved_at,
        {{ json_text('record', '$.reason') }} as reason,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

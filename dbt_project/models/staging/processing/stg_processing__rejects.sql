with source as (
    {{ new_runs('processing', 'rejects') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.reject_id') }} as reject_id,
        {{ json_text('record', '$.run_id') }} as run_id,
        {{ json_text('record', '$.reason') }} as reason,
        {{ utc(json_text('record', '$.resolved_at')) }} as resolved_at,
        {{ json_text('record', '$.resolution') }} as resolution
    from source
    where error is null
)

select * from renamed

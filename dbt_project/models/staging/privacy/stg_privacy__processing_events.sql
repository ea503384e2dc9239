with source as (
    {{ new_runs('privacy', 'processing_events') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.event_id') }} as event_id,
        {{ json_text('record', '$.subject_id') }} as subject_id,
        {{ json_text('record', '$.purpose') }} as purpose,
        {{ utc(json_text('record', '$.used_at')) }} as used_at,
        {{ json_text('record', '$.legal_basis') }} as legal_basis
    from source
    where error is null
)

select * from renamed

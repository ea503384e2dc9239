with source as (
    {{ new_runs('processing', 'runs') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.run_id') }} as run_id,
        {{ json_text('record', '$.pipeline_id') }} as pipeline_id,
        {{ utc(json_text('record', '$.scheduled_for')) }} as scheduled_for,
        {{ utc(json_text('record', '$.started_at')) }} as started_at,
        {{ utc(json_text('record', '$.ended_at')) }} as ended_at,
        {{ json_text('record', '$.state') }} as state,
        {{ json_text('record', '$.error') }} as error,
        {{ json_int('record', '$.retries') }} as retries,
        {{ json_text('record', '$.handled_by') }} as handled_by,
        {{ utc(json_text('record', '$.handled_at')) }} as handled_at,
        {{ json_text('record', '$.input_hash') }} as input_hash,
        {{ json_text('record', '$.output_hash') }} as output_hash
    from source
    where error is null
)

select * from renamed

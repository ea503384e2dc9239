with source as (
    {{ new_runs('processing', 'validations') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.run_id') }} as run_id,
        {{ json_text('record', '$.pipeline_id') }} as pipeline_id,
        {{ utc(json_text('record', '$.started_at')) }} as started_at,
        {{ json_int('record', '$.records_in') }} as records_in,
        {{ json_int('record', '$.records_ok') }} as records_ok,
        {{ json_int('record', '$.records_rejected') }} as records_rejected,
        {{ json_text('record', '$.suite_version') }} as suite_version,
        {{ json_int('record', '$.rules_evaluated') }} as rules_evaluated,
        {{ json_int('record', '$.rules_skipped') }} as rules_skipped,
        {{ json_bool('record', '$.success') }} as success
    from source
    where error is null
)

select * from renamed

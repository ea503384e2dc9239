with source as (
    {{ new_runs('aws_availability', 'alarm_history') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('item.element', '$.AlarmName') }} as alarm_name,
        {{ utc(json_text('item.element', '$.Timestamp')) }} as changed_at,
        {{ json_text(json_document(json_text('item.element', '$.HistoryData')), '$.newState.stateValue') }} as state,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

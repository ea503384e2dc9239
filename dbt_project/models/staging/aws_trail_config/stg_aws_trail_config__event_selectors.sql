with source as (
    {{ new_runs('aws_trail_config', 'event_selectors') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.TrailARN') }} as trail_arn,
        {{ json_value('record', '$.EventSelectors') }} as selectors,
        {{ json_value('record', '$.AdvancedEventSelectors') }} as advanced_selectors,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

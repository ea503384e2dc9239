with source as (
    {{ new_runs('aws_availability', 'alarms') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.AlarmName') }} as alarm_name,
        {{ json_text('item.element', '$.AlarmArn') }} as alarm_arn,
        {{ json_text('item.element', '$.AlarmRule') }} is not null as is_composite,
        {{ json_text('item.element', '$.MetricName') }} as metric_name,
        {{ json_text('item.element', '$.Namespace') }} as namespace,
        {{ json_bool('item.element', '$.ActionsEnabled') }} as has_actions_enabled,
        {{ json_texts('item.element', '$.AlarmActions') }} as alarm_actions,
        {{ json_text('item.element', '$.StateValue') }} as state,
        coalesce({{ utc(json_text('item.element', '$.StateTransitionedTimestamp')) }}, {{ utc(json_text('item.element', '$.StateUpdatedTimestamp')) }}) as state_since,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

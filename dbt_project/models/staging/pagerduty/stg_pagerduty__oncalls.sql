with source as (
    {{ new_runs('pagerduty', 'oncalls') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.escalation_policy.id') }} as escalation_policy_id,
        {{ json_int('record', '$.escalation_level') }} as escalation_level,
        {{ json_text('record', '$.user.id') }} as user_id,
        {{ utc(json_text('record', '$.start')) }} as started_at,
        {{ utc(json_text('record', '$.end')) }} as ended_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

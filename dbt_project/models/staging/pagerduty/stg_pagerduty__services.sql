with source as (
    {{ new_runs('pagerduty', 'services') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.id') }} as service_id,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.escalation_policy.id') }} as escalation_policy_id,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

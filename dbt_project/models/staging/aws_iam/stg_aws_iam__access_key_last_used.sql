with source as (
    {{ new_runs('aws_iam', 'access_key_last_used') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.UserName') }} as user_name,
        {{ json_text('parent', '$.AccessKeyId') }} as access_key_id,
        {{ utc(json_text('record', '$.AccessKeyLastUsed.LastUsedDate')) }} as last_used_at,
        {{ json_text('record', '$.AccessKeyLastUsed.ServiceName') }} as service_name,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as (
    {{ new_runs('aws_iam', 'credential_report') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.user') }} as user_name,
        {{ json_text('record', '$.arn') }} as user_arn,
        {{ utc(json_text('record', '$.user_creation_time')) }} as user_created_at,
        {{ json_bool('record', '$.password_enabled') }} as password_enabled,
        {{ utc(json_text('record', '$.password_last_used')) }} as password_last_used_at,
        {{ utc(json_text('record', '$.password_last_changed')) }} as password_last_changed_at,
        {{ json_bool('record', '$.mfa_active') }} as mfa_active,
        {{ json_bool('record', '$.access_key_1_active') }} as access_key_1_active,
        {{ utc(json_text('record', '$.access_key_1_last_rotated')) }} as access_key_1_last_rotated_at,
        {{ utc(json_text('record', '$.access_key_1_last_used_date')) }} as access_key_1_last_used_at,
        {{ json_bool('record', '$.access_key_2_active') }} as access_key_2_active,
        {{ utc(json_text('record', '$.access_key_2_last_rotated')) }} as access_key_2_last_rotated_at,
        {{ utc(json_text('record', '$.access_key_2_last_used_date')) }} as access_key_2_last_used_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

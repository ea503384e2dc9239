with source as (
    {{ new_runs('aws_iam', 'account_summary') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_int('record', '$.Users') }} as users,
        {{ json_int('record', '$.AccountMFAEnabled') }} as account_mfa_enabled,
        {{ json_int('record', '$.AccountAccessKeysPresent') }} as account_access_keys_present,
        {{ json_int('record', '$.AccountPasswordPresent') }} as account_password_present,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

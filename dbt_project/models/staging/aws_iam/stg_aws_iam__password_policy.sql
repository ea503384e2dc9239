with source as (
    {{ new_runs('aws_iam', 'password_policy') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_int('record', '$.MinimumPasswordLength') }} as minimum_length,
        {{ json_bool('record', '$.RequireSymbols') }} as requires_symbols,
        {{ json_bool('record', '$.RequireNumbers') }} as requires_numbers,
        {{ json_bool('record', '$.RequireUppercaseCharacters') }} as requires_uppercase,
        {{ json_bool('record', '$.RequireLowercaseCharacters') }} as requires_lowercase,
        {{ json_int('record', '$.PasswordReusePrevention') }} as reuse_prevention,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

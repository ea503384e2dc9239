with source as ({{ new_runs('okta', 'users') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('record', '$.id') }} as user_id,
        {{ json_text('record', '$.profile.login') }} as login,
        {{ json_text('record', '$.profile.email') }} as email,
        nullif({{ json_text('record', '$.profile.employeeNumber') }}, '') as employee_number,

        -- state
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.type.id') }} as type_id,
        {{ json_text('record', '$.credentials.provider.type') }} as provider_type,
        {{ json_text('record', '$.credentials.provider.name') }} as provider_name,

        -- times
        {{ utc(json_text('record', '$.created')) }} as created_at,
        {{ utc(json_text('record', '$.activated')) }} as activated_at,
        {{ utc(json_text('record', '$.statusChanged')) }} as status_changed_at,
        {{ utc(json_text('record', '$.lastLogin')) }} as last_login_at,

        -- refusal
        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

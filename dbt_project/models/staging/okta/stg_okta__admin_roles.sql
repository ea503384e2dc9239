with source as ({{ new_runs('okta', 'admin_roles') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.userId') }} as user_id,
        case when error is null then {{ json_array_texts('record', 'type') }} end as role_types,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

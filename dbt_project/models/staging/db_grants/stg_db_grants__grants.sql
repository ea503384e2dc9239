with source as (
    {{ new_runs('db_grants', 'grants') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.database_id') }} as database_id,
        {{ json_text('record', '$.grantee') }} as grantee,
        {{ json_text('record', '$.table_schema') }} as table_schema,
        {{ json_text('record', '$.table_name') }} as table_name,
        upper({{ json_text('record', '$.privilege_type') }}) as privilege_type,
        {{ json_bool('record', '$.with_grant_option') }} as is_grantable,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

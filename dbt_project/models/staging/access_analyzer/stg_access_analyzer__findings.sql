with source as (
    {{ new_runs('access_analyzer', 'findings') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.id') }} as finding_id,
        {{ json_text('record', '$.resource') }} as resource_id,
        {{ json_text('record', '$.resourceType') }} as resource_type,
        {{ json_text('record', '$.status') }} as status,
        {{ json_bool('record', '$.isPublic') }} as is_public,
        {{ json_text('record', '$.principal.AWS') }} as principal,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as ({{ new_runs('okta', 'groups') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.id') }} as group_id,
        {{ json_text('record', '$.profile.name') }} as name,
        {{ json_text('record', '$.type') }} as group_type,
        {{ utc(json_text('record', '$.created')) }} as created_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as (
    {{ new_runs('aws_monitoring', 'resources') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Service') }} as service,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.Id') }} as resource_id,
        item.element as settings,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

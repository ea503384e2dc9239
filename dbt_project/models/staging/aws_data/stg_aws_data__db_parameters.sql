with source as (
    {{ new_runs('aws_data', 'db_parameters') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Group') }} as parameter_group,
        {{ json_text('item.element', '$.ParameterName') }} as parameter_name,
        {{ json_text('item.element', '$.ParameterValue') }} as parameter_value,

        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

with source as (
    {{ new_runs('aws_backups', 'rds_snapshot_attributes') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Kind') }} as kind,
        {{ json_text('parent', '$.Snapshot') }} as snapshot_id,
        {{ json_text('item.element', '$.AttributeName') }} as attribute_name,
        {{ json_texts('item.element', '$.AttributeValues') }} as attribute_values,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

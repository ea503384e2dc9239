with source as (
    {{ new_runs('aws_data', 'kms_rotations') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.KeyArn') }} as key_arn,
        {{ utc(json_text('item.element', '$.RotationDate')) }} as rotated_at,
        {{ json_text('item.element', '$.RotationType') }} as rotation_type,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

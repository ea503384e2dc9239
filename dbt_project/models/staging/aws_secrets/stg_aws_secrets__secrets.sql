with source as (
    {{ new_runs('aws_secrets', 'secrets') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.ARN') }} as secret_id,
        {{ json_text('item.element', '$.Name') }} as name,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_ref,
        {{ json_text('item.element', '$.PrimaryRegion') }} as primary_region,
        {{ json_text('item.element', '$.OwningService') }} as owning_service,
        {{ json_bool('item.element', '$.RotationEnabled') }} as rotation_enabled,
        {{ json_int('item.element', '$.RotationRules.AutomaticallyAfterDays') }} as rule_days,
        {{ json_text('item.element', '$.RotationRules.ScheduleExpression') }} as rule_schedule,
        {{ utc(json_text('item.element', '$.LastRotatedDate')) }} as last_rotated_at,
        {{ utc(json_text('item.element', '$.NextRotationDate')) }} as next_rotation_at,
        {{ utc(json_text('item.element', '$.CreatedDate')) }} as created_at,
        {{ utc(json_text('item.element', '$.LastChangedDate')) }} as changed_at,
        {{ utc(json_text('item.element', '$.DeletedDate')) }} as deleted_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

with source as (
    {{ new_runs('aws_data', 'volumes') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.VolumeId') }} as volume_id,
        {{ tag_value(json_value('item.element', '$.Tags'), ['name']) }} as name,
        {{ json_bool('item.element', '$.Encrypted') }} as is_encrypted,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_ref,
        {{ json_text('item.element', '$.State') }} as state,
        {{ json_text('item.element', '$.Attachments[0].InstanceId') }} as attached_instance,
        {{ json_text('item.element', '$.SnapshotId') }} as snapshot_id,
        {{ utc(json_text('item.element', '$.CreateTime')) }} as created_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

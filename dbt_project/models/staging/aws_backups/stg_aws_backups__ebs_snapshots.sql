with source as (
    {{ new_runs('aws_backups', 'ebs_snapshots') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.SnapshotId') }} as snapshot_id,
        {{ json_text('item.element', '$.VolumeId') }} as volume_id,
        {{ json_text('item.element', '$.Description') }} as description,
        {{ json_text('item.element', '$.State') }} as state,
        {{ utc(json_text('item.element', '$.StartTime')) }} as created_at,
        {{ json_bool('item.element', '$.Encrypted') }} as is_encrypted,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_ref,
        coalesce({{ json_array_size(json_value('item.element', '$.Tags')) }}, 0) > 0 as has_tags,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

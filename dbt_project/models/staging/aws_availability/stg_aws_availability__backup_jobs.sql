with source as (
    {{ new_runs('aws_availability', 'backup_jobs') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.BackupJobId') }} as job_id,
        {{ json_text('item.element', '$.ResourceArn') }} as store_id,
        {{ json_text('item.element', '$.State') }} as state,
        {{ utc(json_text('item.element', '$.CreationDate')) }} as started_at,
        {{ utc(json_text('item.element', '$.CompletionDate')) }} as completed_at,
        {{ json_bool('item.element', '$.IsEncrypted') }} as is_encrypted,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

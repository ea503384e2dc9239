with source as (
    {{ new_runs('aws_availability', 'restore_jobs') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.RestoreJobId') }} as job_id,
        {{ json_text('item.element', '$.SourceResourceArn') }} as store_id,
        {{ json_text('item.element', '$.Status') }} as state,
        {{ json_text('item.element', '$.ValidationStatus') }} as validation,
        {{ utc(json_text('item.element', '$.CreationDate')) }} as started_at,
        {{ utc(json_text('item.element', '$.CompletionDate')) }} as completed_at,
        {{ utc(json_text('item.element', '$.RecoveryPointCreationDate')) }} as recovery_point_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

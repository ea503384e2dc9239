with source as (
    {{ new_runs('aws_storage', 'bucket_inventory') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ from_millis(json_int('record', '$.manifest.creationTimestamp')) }} as reported_at,
        {{ json_text('record', '$.manifest_key') }} as manifest_key,
        {{ json_sum(json_value('record', '$.EncryptionStatus')) }} as object_count,
        case when error is null then coalesce({{ json_int('record', '$.EncryptionStatus."NOT-SSE"') }}, 0) end as not_sse_count,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as (
    {{ new_runs('macie', 'jobs') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.jobId') }} as job_id,
        {{ json_text('record', '$.jobStatus') }} as job_status,
        {{ json_text('record', '$.lastRunErrorStatus.code') }} as last_error,
        {{ utc(json_text('record', '$.lastRunTime')) }} as last_run_at,
        {{ json_text('record', '$.s3JobDefinition.bucketDefinitions[*].buckets[*]') }} as bucket_names,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as (
    {{ new_runs('aws_storage', 'buckets') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.Name') }} as bucket_name,
        {{ utc(json_text('record', '$.CreationDate')) }} as created_at,
        {{ json_text('record', '$.BucketRegion') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

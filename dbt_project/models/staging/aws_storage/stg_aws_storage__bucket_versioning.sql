with source as (
    {{ new_runs('aws_storage', 'bucket_versioning') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ json_text('record', '$.Status') }} as versioning,
        {{ json_text('record', '$.MFADelete') }} as mfa_delete,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as (
    {{ new_runs('aws_storage', 'bucket_exposure') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ json_bool('record', '$.PolicyStatus.IsPublic') }} as is_policy_public,
        {{ json_text('record', '$.Grants[*].Grantee.URI') }} as grantees,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

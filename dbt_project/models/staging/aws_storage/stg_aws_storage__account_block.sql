with source as (
    {{ new_runs('aws_storage', 'account_block') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_bool('record', '$.BlockPublicAcls') }} as blocks_public_acls,
        {{ json_bool('record', '$.IgnorePublicAcls') }} as ignores_public_acls,
        {{ json_bool('record', '$.BlockPublicPolicy') }} as blocks_public_policy,
        {{ json_bool('record', '$.RestrictPublicBuckets') }} as restricts_public_buckets,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

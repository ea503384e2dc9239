with source as (
    {{ new_runs('aws_iam', 'access_keys') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.UserName') }} as user_name,
        {{ json_text('item.element', '$.AccessKeyId') }} as access_key_id,
        {{ json_text('item.element', '$.Status') }} as status,
        {{ utc(json_text('item.element', '$.CreateDate')) }} as created_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

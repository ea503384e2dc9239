with source as (
    {{ new_runs('aws_storage', 'bucket_lifecycle') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ json_text('item.element', '$.ID') }} as rule_id,
        {{ json_text('item.element', '$.Status') }} = 'Enabled' as is_enabled,
        coalesce({{ json_text('item.element', '$.Filter.Prefix') }}, {{ json_text('item.element', '$.Filter.And.Prefix') }}, {{ json_text('item.element', '$.Prefix') }}, '') as prefix,
        coalesce({{ json_value('item.element', '$.Filter.Tag') }}, {{ json_value('item.element', '$.Filter.And') }}, {{ json_value('item.element', '$.Filter.ObjectSizeGreaterThan') }}, {{ json_value('item.element', '$.Filter.ObjectSizeLessThan') }}) is not null as is_filtered,
        {{ json_int('item.element', '$.Expiration.Days') }} as expiration_days,
        cast({{ utc(json_text('item.element', '$.Expiration.Date')) }} as date) as expires_on,
        {{ json_int('item.element', '$.NoncurrentVersionExpiration.NoncurrentDays') }} as noncurrent_days,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

with source as (
    {{ new_runs('aws_network', 'security_groups') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.GroupId') }} as security_group_id,
        {{ json_text('item.element', '$.GroupName') }} as group_name,
        {{ json_text('item.element', '$.VpcId') }} as vpc_id,
        {{ json_value('item.element', '$.IpPermissions') }} as ingress,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

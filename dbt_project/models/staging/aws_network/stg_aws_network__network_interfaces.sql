with source as (
    {{ new_runs('aws_network', 'network_interfaces') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('item.element', '$.NetworkInterfaceId') }} as interface_id,
        {{ json_text('item.element', '$.Description') }} as interface_description,
        {{ json_text('item.element', '$.Attachment.InstanceId') }} as instance_id,
        {{ json_text('item.element', '$.Association.PublicIp') }} as public_ip,
        {{ json_array_texts(json_value('item.element', '$.Groups'), 'GroupId') }} as security_group_ids,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

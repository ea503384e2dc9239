with source as (
    {{ new_runs('aws_network', 'prefix_list_entries') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.PrefixListId') }} as prefix_list_id,
        {{ json_text('item.element', '$.Cidr') }} as cidr,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

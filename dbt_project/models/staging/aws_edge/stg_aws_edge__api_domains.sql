with source as (
    {{ new_runs('aws_edge', 'api_domains') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.DomainName') }} as domain_name,
        {{ json_array_texts(json_value('item.element', '$.DomainNameConfigurations'), 'SecurityPolicy') }} as security_policies,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

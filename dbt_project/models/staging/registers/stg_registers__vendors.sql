with source as (
    {{ new_runs('registers', 'vendors') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.vendor_id') }} as vendor_id,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.tier') }} as tier,
        {{ json_bool('record', '$.processes_customer_data') }} as processes_customer_data,
        {{ json_bool('record', '$.stores_customer_data') }} as stores_customer_data,
        {{ json_bool('record', '$.is_infrastructure_provider') }} as is_infrastructure_provider,
        {{ json_bool('record', '$.has_company_data') }} as has_company_data,
        {{ register_list('record', '$.data_classes') }} as data_classes,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('record', '$.status') }} as status,
        {{ utc(json_text('record', '$.onboarded_at')) }} as onboarded_at,
        {{ utc(json_text('record', '$.offboarded_at')) }} as offboarded_at,
        {{ json_text('record', '$.purpose') }} as purpose,
        {{ json_bool('record', '$.is_subservice_organization') }} as is_subservice_organization,
        {{ json_text('record', '$.subservice_method') }} as subservice_method,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

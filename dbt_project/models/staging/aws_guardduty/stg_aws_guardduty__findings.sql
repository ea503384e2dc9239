with source as (
    {{ new_runs('aws_guardduty', 'findings') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.Id') }} as finding_id,
        {{ json_text('record', '$.AccountId') }} as account_id,
        coalesce({{ json_text('record', '$.Region') }}, {{ json_text('parent', '$.Region') }}) as region,
        {{ json_text('record', '$.Type') }} as finding_type,
        {{ json_text('record', '$.Title') }} as title,
        {{ number_of(json_text('record', '$.Severity')) }} as severity_score,
        {{ utc(json_text('record', '$.CreatedAt')) }} as created_at,
        {{ utc(json_text('record', '$.UpdatedAt')) }} as updated_at,
        {{ json_bool('record', '$.Service.Archived') }} as is_archived,
        {{ json_text('record', '$.Resource.ResourceType') }} as resource_type,
        coalesce({{ json_bool(json_text('record', '$.Service.AdditionalInfo.Value'), '$.sample') }}, false) as is_sample,
        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as (
    {{ new_runs('registers', 'systems') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.system_id') }} as system_id,
        {{ json_text('record', '$.adapter_group') }} as adapter_group,
        {{ json_text('record', '$.adapter') }} as adapter,
        {{ json_bool('record', '$.in_use') }} as in_use,
        {{ json_bool('record', '$.mfa_provider_mapped') }} as mfa_provider_mapped,
        {{ json_text('record', '$.approved_by') }} as approved_by,
        {{ json_text('record', '$.note') }} as note,
        {{ json_bool('record', '$.access_review_required') }} as access_review_required,
        {{ json_text('record', '$.account_source') }} as account_source,
        cast({{ json_text('record', '$.in_scope_from') }} as date) as in_scope_from,
        cast({{ json_text('record', '$.in_scope_to') }} as date) as in_scope_to,
        {{ json_text('record', '$.fiscal_year_start_month') }} as fiscal_year_start_month,
        {{ json_bool('record', '$.is_production') }} as is_production,
        {{ register_list('record', '$.mfa_evidence') }} as mfa_evidence,
        {{ json_text('record', '$.access_reviewer') }} as access_reviewer,
        {{ json_text('record', '$.access_review_deputy') }} as access_review_deputy,
        {{ json_text('record', '$.access_review_in') }} as access_review_in,
        {{ register_list('record', '$.emits') }} as emits,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

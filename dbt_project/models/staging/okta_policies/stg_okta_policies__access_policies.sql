with source as (
    {{ new_runs('okta_policies', 'access_policies') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.policyId') }} as policy_id,
        {{ json_text('parent', '$.name') }} as name,
        {{ json_text('parent', '$.policyStatus') }} as status,
        record as rules,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

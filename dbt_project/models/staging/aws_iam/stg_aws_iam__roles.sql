with source as (
    {{ new_runs('aws_iam', 'roles') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.RoleId') }} as role_id,
        {{ json_text('record', '$.RoleName') }} as role_name,
        {{ json_text('record', '$.Arn') }} as arn,
        {{ utc(json_text('record', '$.CreateDate')) }} as created_at,
        {{ utc(json_text('record', '$.RoleLastUsed.LastUsedDate')) }} as last_used_at,
        {{ json_value('record', '$.AssumeRolePolicyDocument') }} as trust_policy,

        {{ json_value('record', '$.RolePolicyList') }} as inline_policies,
        {{ json_value('record', '$.AttachedManagedPolicies') }} as attached_policies,
        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

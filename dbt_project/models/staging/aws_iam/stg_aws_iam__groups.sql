with source as (
    {{ new_runs('aws_iam', 'groups') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.GroupId') }} as group_id,
        {{ json_text('record', '$.GroupName') }} as group_name,
        {{ json_text('record', '$.Arn') }} as arn,
        {{ utc(json_text('record', '$.CreateDate')) }} as created_at,

        {{ json_value('record', '$.GroupPolicyList') }} as inline_policies,
        {{ json_value('record', '$.AttachedManagedPolicies') }} as attached_policies,
        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

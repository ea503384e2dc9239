with source as (
    {{ new_runs('aws_iam', 'users') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.UserId') }} as user_id,
        {{ json_text('record', '$.UserName') }} as user_name,
        {{ json_text('record', '$.Arn') }} as arn,
        {{ utc(json_text('record', '$.CreateDate')) }} as created_at,
        {{ json_value('record', '$.Tags') }} as tags_json,
        {{ tag_value(json_value('record', '$.Tags'), ['owner', 'owneremail']) }} as owner_tag,

        {{ json_value('record', '$.UserPolicyList') }} as inline_policies,
        {{ json_value('record', '$.AttachedManagedPolicies') }} as attached_policies,
        {{ json_texts('record', '$.GroupList') }} as group_names,
        {{ json_text('record', '$.PermissionsBoundary.PermissionsBoundaryArn') }} as boundary_arn,
        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

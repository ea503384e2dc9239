with source as (
    {{ new_runs('aws_iam', 'policies') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.PolicyId') }} as policy_id,
        {{ json_text('record', '$.PolicyName') }} as policy_name,
        {{ json_text('record', '$.Arn') }} as arn,
        {{ json_int('record', '$.AttachmentCount') }} as attachment_count,
        {{ utc(json_text('record', '$.UpdateDate')) }} as updated_at,

        {{ json_value('record', '$.PolicyVersionList') }} as versions,
        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as (
    {{ new_runs('aws_edge', 'distributions') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('record', '$.ARN') }} as distribution_arn,
        {{ json_text('record', '$.DomainName') }} as domain_name,
        {{ json_text('record', '$.Comment') }} as comment,
        {{ json_texts('record', '$.Aliases.Items') }} as aliases,
        {{ json_bool('record', '$.Enabled') }} as is_enabled,
        {{ json_text('record', '$.DefaultCacheBehavior.ViewerProtocolPolicy') }} as default_viewer_policy,
        {{ json_array_texts(json_value('record', '$.CacheBehaviors.Items'), 'ViewerProtocolPolicy') }} as other_viewer_policies,
        {{ json_bool('record', '$.ViewerCertificate.CloudFrontDefaultCertificate') }} as uses_default_certificate,
        {{ json_text('record', '$.ViewerCertificate.MinimumProtocolVersion') }} as minimum_protocol,
        {{ json_value('record', '$.Origins.Items') }} as origins,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

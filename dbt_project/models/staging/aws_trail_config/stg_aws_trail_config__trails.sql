with source as (
    {{ new_runs('aws_trail_config', 'trails') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.CallerAccount') }} as caller_account_id,
        {{ json_text('item.element', '$.TrailARN') }} as trail_arn,
        {{ json_text('item.element', '$.Name') }} as trail_name,
        {{ json_text('item.element', '$.HomeRegion') }} as home_region,
        {{ json_bool('item.element', '$.IsMultiRegionTrail') }} as is_multi_region,
        {{ json_bool('item.element', '$.IsOrganizationTrail') }} as is_organisation,
        {{ json_bool('item.element', '$.IncludeGlobalServiceEvents') }} as includes_global_events,
        {{ json_bool('item.element', '$.LogFileValidationEnabled') }} as is_validated,
        {{ json_text('item.element', '$.S3BucketName') }} as bucket_name,
        {{ json_text('item.element', '$.KmsKeyId') }} as kms_key_id,
        {{ json_text('item.element', '$.CloudWatchLogsLogGroupArn') }} as log_group_arn
    from source
    {{ each_or_none('record') }}
)

select * from renamed

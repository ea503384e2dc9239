with source as (
    {{ new_runs('aws_storage', 'bucket_tagging') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ json_value('record', '$') }} as tags_json,
        {{ tagged_class('record') }} as tagged_class,
        {{ tag_value('record', ['owner', 'owneremail']) }} as owner_tag,
        try_cast({{ tag_value('record', ['dataclassreviewed', 'classreviewed']) }} as date) as class_reviewed_on,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

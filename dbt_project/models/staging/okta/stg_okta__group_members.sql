with source as ({{ new_runs('okta', 'group_members') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.groupId') }} as group_id,
        case when error is null then {{ json_array_texts('record', 'id') }} end as user_ids,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

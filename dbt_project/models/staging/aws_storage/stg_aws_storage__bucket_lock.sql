with source as (
    {{ new_runs('aws_storage', 'bucket_lock') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Bucket') }} as bucket_name,
        {{ json_text('record', '$.ObjectLockEnabled') }} = 'Enabled' as is_locked,
        {{ json_text('record', '$.Rule.DefaultRetention.Mode') }} as lock_mode,
        {{ json_int('record', '$.Rule.DefaultRetention.Days') }} as lock_days,
        {{ json_int('record', '$.Rule.DefaultRetention.Years') }} as lock_years,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

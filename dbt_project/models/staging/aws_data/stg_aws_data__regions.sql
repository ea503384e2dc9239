with source as (
    {{ new_runs('aws_data', 'regions') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.RegionName') }} as region,
        {{ json_text('record', '$.OptInStatus') }} as opt_in_status,
        coalesce({{ json_text('record', '$.OptInStatus') }} in ('opt-in-not-required', 'opted-in'), false) as is_enabled,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

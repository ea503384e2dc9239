with source as ({{ new_runs('okta', 'factors') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.userId') }} as user_id,
        case when error is null then {{ json_array_size('record') }} end as factor_count,
        case when error is null then {{ json_texts_where('record', 'factorType', 'status', 'ACTIVE') }} end as active_factor_types,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

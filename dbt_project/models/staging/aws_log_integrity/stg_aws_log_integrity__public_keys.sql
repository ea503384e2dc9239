with source as (
    {{ new_runs('aws_log_integrity', 'public_keys') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('item.element', '$.Fingerprint') }} as fingerprint,
        {{ json_text('item.element', '$.Value') }} as value,
        {{ utc(json_text('item.element', '$.ValidityStartTime')) }} as valid_from,
        {{ utc(json_text('item.element', '$.ValidityEndTime')) }} as valid_until,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

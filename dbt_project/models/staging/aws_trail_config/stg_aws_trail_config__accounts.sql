with source as (
    {{ new_runs('aws_trail_config', 'accounts') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.CallerAccount') }} as caller_account_id,
        {{ json_text('item.element', '$.Id') }} as account_id,
        {{ json_text('item.element', '$.Name') }} as account_name,
        upper(coalesce({{ json_text('item.element', '$.State') }}, {{ json_text('item.element', '$.Status') }})) as state,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

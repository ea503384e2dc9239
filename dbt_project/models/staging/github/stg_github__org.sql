with source as ({{ new_runs('github', 'org') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.id') }} as org_id,
        {{ json_text('record', '$.login') }} as login,
        {{ json_bool('record', '$.two_factor_requirement_enabled') }} as is_two_factor_required,
        {{ json_text('record', '$.default_repository_permission') }} as default_repository_permission,
        {{ utc(json_text('record', '$.created_at')) }} as created_at,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

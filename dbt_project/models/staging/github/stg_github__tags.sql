with source as ({{ new_runs('github', 'tags') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('record', '$.ref') }} as ref,

        -- where it points
        {{ json_text('record', '$.object.sha') }} as target_sha,
        {{ json_text('record', '$.object.type') }} as target_type,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

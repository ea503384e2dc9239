with source as ({{ new_runs('github', 'branches') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('record', '$.name') }} as branch,
        {{ json_text('record', '$.commit.sha') }} as head_sha,
        {{ json_bool('record', '$.protected') }} as is_protected,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

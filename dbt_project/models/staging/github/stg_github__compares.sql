with source as ({{ new_runs('github', 'compare_commits') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('parent', '$.ref') }} as ref,
        {{ json_text('parent', '$.before') }} as before_sha,
        {{ json_text('parent', '$.after') }} as after_sha,

        -- what came
        {{ json_text('record', '$.status') }} as comparison,
        {{ json_text('record', '$.merge_base_commit.sha') }} as merge_base_sha,
        {{ json_int('record', '$.total_commits') }} as total_commits,
        {{ json_length('record', '$.commits') }} as commits_read,
        -- GitHub lists 300 files at most: from there on, what else changed is not known.
        case
            when {{ json_length('record', '$.files') }} < 300 then json_extract_string(record, '$.files[*].filename')
        end as changed_paths,

        -- refusal
        {{ json_text('error', '$.message') }} as error_message,
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as ({{ new_runs('deploys', 'workflow_runs') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('record', '$.id') }} as run_id,
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_int('record', '$.run_attempt') }} as run_attempt,
        {{ json_int('record', '$.run_number') }} as run_number,
        {{ json_text('record', '$.workflow_id') }} as workflow_id,
        {{ json_text('record', '$.name') }} as workflow_name,

        -- GitHub writes path@ref for reusable and required workflows
        split_part({{ json_text('record', '$.path') }}, '@', 1) as workflow_path,

        -- what it ran for
        {{ json_text('record', '$.event') }} as event,
        {{ json_text('record', '$.head_branch') }} as head_branch,
        {{ json_text('record', '$.head_sha') }} as head_sha,
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.conclusion') }} as conclusion,
        {{ json_text('record', '$.actor.login') }} as actor_login,
        {{ json_text('record', '$.triggering_actor.login') }} as triggering_actor_login,
        {{ json_text('record', '$.html_url') }} as run_url,

        -- times
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ utc(json_text('record', '$.run_started_at')) }} as run_started_at,
        {{ utc(json_text('record', '$.updated_at')) }} as updated_at,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

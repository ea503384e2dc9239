with source as ({{ new_runs('github', 'ref_updates') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('record', '$.id') }} as event_id,
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('record', '$.ref') }} as ref,

        -- what happened
        {{ json_text('record', '$.before') }} as before_sha,
        {{ json_text('record', '$.after') }} as after_sha,
        {{ json_text('record', '$.activity_type') }} as activity_type,
        {{ json_text('record', '$.actor.login') }} as actor_login,
        {{ json_text('record', '$.actor.id') }} as actor_id,
        {{ utc(json_text('record', '$.timestamp')) }} as occurred_at,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

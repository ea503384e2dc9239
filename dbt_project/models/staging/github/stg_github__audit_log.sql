with source as ({{ new_runs('github', 'audit_log') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('record', '$._document_id') }} as event_id,
        {{ json_text('record', '$.action') }} as action,

        -- who
        {{ json_text('record', '$.actor') }} as actor_login,
        {{ json_text('record', '$.actor_id') }} as actor_id,
        {{ json_text('record', '$.user') }} as user_login,
        {{ json_text('record', '$.user_id') }} as user_id,
        {{ epoch_ms(json_int('record', '$."@timestamp"')) }} as occurred_at,

        -- what
        {{ json_text('record', '$.repo') }} as repo_full_name,
        {{ json_text('record', '$.repo_id') }} as repo_id,
        case when {{ json_text('record', '$.action') }} like 'protected_branch.%' then {{ json_text('record', '$.name') }} end as branch,
        {{ json_text('record', '$.ruleset_id') }} as ruleset_id,
        {{ json_text('record', '$.ruleset_enforcement') }} as ruleset_enforcement,
        cast(record as varchar) as record
    from source
)

select * from renamed

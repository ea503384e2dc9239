with source as ({{ new_runs('deploys', 'deployment_statuses') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('parent', '$.deployment_id') }} as deployment_id,
        {{ json_text('element', '$.id') }} as status_id,

        -- state
        lower({{ json_text('element', '$.state') }}) as state,
        {{ json_text('element', '$.environment') }} as environment,
        {{ json_text('element', '$.logUrl') }} as log_url,
        {{ number_after(json_text('element', '$.logUrl'), '/actions/runs/') }} as run_id,
        {{ json_text('element', '$.environmentUrl') }} as environment_url,
        {{ github_login('element', '$.creator') }} as creator_login,
        {{ utc(json_text('element', '$.createdAt')) }} as created_at
    from source
    left join lateral {{ json_each_at('record') }} as item on true
    where error is null
)

select * from renamed

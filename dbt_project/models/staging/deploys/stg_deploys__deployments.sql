with source as ({{ new_runs('deploys', 'deployments') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('record', '$.id') }} as deployment_id,
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('record', '$.sha') }} as sha,
        {{ json_text('record', '$.ref') }} as ref,

        -- where to
        {{ json_text('record', '$.task') }} as task,
        {{ json_text('record', '$.environment') }} as environment,
        {{ json_text('record', '$.original_environment') }} as original_environment,
        {{ json_bool('record', '$.production_environment') }} as is_production_environment,

        -- who
        {{ json_text('record', '$.creator.login') }} as creator_login,
        {{ json_text('record', '$.creator.id') }} as creator_id,
        {{ json_text('record', '$.creator.type') }} as creator_type,
        {{ json_text('record', '$.performed_via_github_app.slug') }} as app_slug,

        -- what the pipeline says
        {{ json_text('record', '$.payload.service') }} as service,
        {{ json_text('record', '$.payload.run_id') }} as payload_run_id,
        {{ json_text('record', '$.payload.digest') }} as digest,
        {{ json_text('record', '$.payload') }} as payload,
        {{ json_text('record', '$.description') }} as description,

        -- times
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ utc(json_text('record', '$.updated_at')) }} as updated_at,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as ({{ new_runs('deploys', 'evidence_records') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('parent', '$.run_id') }} as run_id,
        {{ json_text('parent', '$.artifact_id') }} as artifact_id,
        {{ utc(json_text('parent', '$.created_at')) }} as artifact_created_at,

        -- claims
        {{ json_text('record', '$.change_id') }} as change_id,
        {{ json_int('record', '$.pr_number') }} as pr_number,
        {{ json_text('record', '$.author') }} as author,
        {{ json_text('record', '$.reviewer') }} as reviewer,
        {{ json_bool('record', '$.tests_passed') }} as tests_passed,
        {{ utc(json_text('record', '$.deployed_at')) }} as deployed_at,
        {{ json_text('record', '$.environment') }} as environment,
        {{ json_text('record', '$.deployment_id') }} as deployment_id,
        {{ json_text('record', '$.record_sha256') }} as record_sha256,
        cast(record as varchar) as record,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

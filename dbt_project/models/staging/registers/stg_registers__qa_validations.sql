with source as (
    {{ new_runs('registers', 'qa_validations') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.artifact') }} as artifact,
        {{ json_text('record', '$.sha') }} as sha,
        {{ json_text('record', '$.environment') }} as environment,
        {{ json_text('record', '$.result') }} as result,
        {{ json_text('record', '$.performed_by') }} as performed_by,
        {{ utc(json_text('record', '$.performed_at')) }} as performed_at,
        {{ json_text('record', '$.evidence_uri') }} as evidence_uri,
        {{ json_text('record', '$.kind') }} as kind,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as (
    {{ new_runs('aws_secrets', 'secret_versions') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.SecretId') }} as secret_id,
        {{ json_text('item.element', '$.VersionId') }} as version_id,
        {{ json_texts('item.element', '$.VersionStages') }} as stages,
        {{ utc(json_text('item.element', '$.CreatedDate')) }} as created_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed

with source as ({{ new_runs('okta', 'apps') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.id') }} as app_id,
        {{ json_text('record', '$.name') }} as name,
        {{ json_text('record', '$.label') }} as label,
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.signOnMode') }} as sign_on_mode,
        {{ last_part(json_text('record', '$._links.accessPolicy.href')) }} as access_policy_id,
        {{ utc(json_text('record', '$.created')) }} as created_at,
        {{ utc(json_text('record', '$.lastUpdated')) }} as last_updated_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

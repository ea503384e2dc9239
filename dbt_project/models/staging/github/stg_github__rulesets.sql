with source as ({{ new_runs('github', 'rulesets') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('record', '$.id') }} as ruleset_id,
        {{ json_text('record', '$.name') }} as ruleset_name,
        {{ json_text('record', '$.source_type') }} as source_type,
        {{ json_text('record', '$.source') }} as source,

        -- state
        {{ json_text('record', '$.target') }} as target,
        {{ json_text('record', '$.enforcement') }} as enforcement,
        {{ json_value('record', '$.bypass_actors') }} is not null as is_bypass_visible,
        {{ github_bypass_actors(json_value('record', '$.bypass_actors')) }} as bypass_actors,
        {{ json_texts_at('record', '$.conditions.ref_name.include[*]') }} as includes,
        {{ json_texts_at('record', '$.conditions.ref_name.exclude[*]') }} as excludes,

        -- times
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ utc(json_text('record', '$.updated_at')) }} as updated_at,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as ({{ new_runs('github', 'installations') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.id') }} as installation_id,
        {{ json_text('record', '$.app_id') }} as app_id,
        {{ json_text('record', '$.app_slug') }} as app_slug,
        {{ json_text('record', '$.repository_selection') }} as repository_selection,
        {{ json_value('record', '$.permissions') }} as permissions,
        {{ utc(json_text('record', '$.created_at')) }} as created_at,
        {{ utc(json_text('record', '$.updated_at')) }} as updated_at,
        {{ utc(json_text('record', '$.suspended_at')) }} as suspended_at
    from source
)

select * from renamed

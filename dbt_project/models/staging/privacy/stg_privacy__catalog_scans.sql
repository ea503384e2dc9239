with source as (
    {{ new_runs('privacy', 'catalog_scans') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.store_ref') }} as store_ref,
        {{ json_text('record', '$.table_name') }} as table_name,
        {{ json_text('record', '$.column_name') }} as column_name,
        {{ json_text('record', '$.detected_type') }} as detected_type,
        {{ number_of(json_text('record', '$.sample_match_rate')) }} as sample_match_rate,
        {{ utc(json_text('record', '$.scanned_at')) }} as scanned_at
    from source
    where error is null
)

select * from renamed

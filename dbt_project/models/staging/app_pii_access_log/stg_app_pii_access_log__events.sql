with source as (
    {{ new_runs('app_pii_access_log', 'events') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.event_id') }} as event_id,
        {{ utc(json_text('record', '$.ts')) }} as occurred_at,
        {{ json_text('record', '$.event_type') }} as event_type,
        {{ json_text('record', '$.account') }} as account,
        {{ json_text('record', '$.person_id') }} as person_ref,
        {{ json_text('record', '$.datastore_id') }} as store_id,
        {{ json_text('record', '$.query_id') }} as query_id,
        {{ json_int('record', '$.row_count') }} as rows_returned
    from source
    where error is null
)

select * from renamed

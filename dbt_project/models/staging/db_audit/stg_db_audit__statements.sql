with source as (
    {{ new_runs('db_audit', 'statements') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.event_id') }} as event_id,
        {{ json_text('record', '$.database_id') }} as database_id,
        {{ utc(json_text('record', '$.ts')) }} as occurred_at,
        {{ json_text('record', '$.db_user') }} as db_user,
        upper({{ json_text('record', '$.statement_class') }}) as statement_class,
        {{ json_text('record', '$.object') }} as object_name
    from source
    where error is null
)

select * from renamed

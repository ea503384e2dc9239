with source as (
    {{ new_runs('processing', 'reconciliations') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.recon_id') }} as recon_id,
        cast({{ json_text('record', '$.due_date') }} as date) as due_date,
        {{ utc(json_text('record', '$.performed_at')) }} as performed_at,
        {{ json_text('record', '$.performed_by') }} as performed_by,
        {{ json_text('record', '$.left_query') }} as left_query,
        {{ json_text('record', '$.right_query') }} as right_query,
        {{ number_of(json_text('record', '$.left_total')) }} as left_total,
        {{ number_of(json_text('record', '$.right_total')) }} as right_total,
        {{ number_of(json_text('record', '$.difference')) }} as difference,
        {{ json_text('record', '$.reviewed_by') }} as reviewed_by,
        {{ utc(json_text('record', '$.reviewed_at')) }} as reviewed_at
    from source
    where error is null
)

select * from renamed

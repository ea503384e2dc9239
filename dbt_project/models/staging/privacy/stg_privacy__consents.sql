with source as (
    {{ new_runs('privacy', 'consents') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.consent_id') }} as consent_id,
        {{ json_text('record', '$.subject_id') }} as subject_id,
        {{ json_text('record', '$.purpose') }} as purpose,
        {{ utc(json_text('record', '$.given_at')) }} as given_at,
        {{ utc(json_text('record', '$.withdrawn_at')) }} as withdrawn_at,
        {{ json_text('record', '$.source') }} as source,
        {{ json_text('record', '$.notice_version') }} as notice_version
    from source
    where error is null
)

select * from renamed

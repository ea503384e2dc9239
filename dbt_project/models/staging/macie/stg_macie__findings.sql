with source as (
    {{ new_runs('macie', 'findings') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.id') }} as finding_id,
        {{ json_text('record', '$.type') }} as finding_type,
        {{ json_text('record', '$.severity.description') }} as severity,
        {{ json_text('record', '$.resourcesAffected.s3Bucket.arn') }} as store_id,
        {{ json_bool('record', '$.archived') }} as is_archived,
        {{ utc(json_text('record', '$.createdAt')) }} as created_at
    from source
    where error is null
)

select * from renamed

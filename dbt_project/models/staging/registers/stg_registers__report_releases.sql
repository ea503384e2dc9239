with source as (
    {{ new_runs('registers', 'report_releases') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.release_id') }} as release_id,
        {{ json_text('record', '$.engagement_id') }} as engagement_id,
        {{ json_text('record', '$.recipient') }} as recipient,
        {{ utc(json_text('record', '$.released_at')) }} as released_at,
        {{ json_text('record', '$.released_by') }} as released_by,
        {{ utc(json_text('record', '$.nda_signed_at')) }} as nda_signed_at,
        {{ json_text('record', '$.report_version') }} as report_version,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed

with source as ({{ new_runs('github', 'merged_pull_counts') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('parent', '$.base') }} as base_ref,
        {{ utc(json_text('parent', '$.from')) }} as from_at,
        {{ utc(json_text('parent', '$.until')) }} as until_at,
        {{ json_int('record', '$.issueCount') }} as merged_count
    from source
)

select * from renamed

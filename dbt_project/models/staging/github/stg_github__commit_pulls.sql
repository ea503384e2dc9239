with source as ({{ new_runs('github', 'commit_pulls') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.oid') }} as commit_sha,
        {{ json_int('record', '$.associatedPullRequests.totalCount') }} as pulls_count,
        {{ json_text('element', '$.fullDatabaseId') }} as pr_id,
        {{ json_int('element', '$.number') }} as pr_number,
        {{ json_text('element', '$.repository.databaseId') }} as pr_repo_id,

        -- state
        {{ json_text('element', '$.baseRefName') }} as base_ref,
        {{ json_bool('element', '$.merged') }} as is_merged,
        {{ utc(json_text('element', '$.mergedAt')) }} as merged_at,
        {{ json_text('element', '$.mergeCommit.oid') }} as merge_commit_sha,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    left join lateral {{ json_each_at(json_value('record', '$.associatedPullRequests.nodes')) }} as item on true
)

select * from renamed

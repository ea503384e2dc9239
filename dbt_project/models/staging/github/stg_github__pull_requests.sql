with source as ({{ new_runs('github', 'pull_requests') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('record', '$.fullDatabaseId') }} as pr_id,
        {{ json_int('record', '$.number') }} as pr_number,
        {{ json_text('record', '$.title') }} as title,
        {{ json_text('record', '$.url') }} as url,

        -- state
        {{ json_text('record', '$.state') }} as state,
        {{ json_bool('record', '$.isDraft') }} as is_draft,
        {{ json_bool('record', '$.merged') }} as is_merged,

        -- who
        {{ github_login('record', '$.author') }} as author_login,
        {{ json_text('record', '$.author.databaseId') }} as author_id,
        {{ json_text('record', '$.author.__typename') }} as author_type,
        {{ json_text('record', '$.authorAssociation') }} as author_association,

        -- branches
        {{ json_text('record', '$.baseRefName') }} as base_ref,
        {{ json_text('record', '$.headRefName') }} as head_ref,
        {{ json_text('record', '$.headRepository.databaseId') }} as head_repo_id,
        {{ json_bool('record', '$.isCrossRepository') }} as is_cross_repository,
        {{ json_text('record', '$.headRefOid') }} as head_sha,
        {{ json_text('record', '$.mergeCommit.oid') }} as merge_commit_sha,
        {{ github_login('record', '$.mergedBy') }} as merged_by_login,
        {{ json_text('record', '$.mergedBy.databaseId') }} as merged_by_id,
        {{ json_text('record', '$.mergedBy.__typename') }} as merged_by_type,

        -- times
        {{ utc(json_text('record', '$.createdAt')) }} as created_at,
        {{ utc(json_text('record', '$.updatedAt')) }} as updated_at,
        {{ utc(json_text('record', '$.closedAt')) }} as closed_at,
        {{ utc(json_text('record', '$.mergedAt')) }} as merged_at,

        -- more
        {{ github_login('record', '$.autoMergeRequest.enabledBy') }} as auto_merge_by,
        {{ json_texts_at('record', '$.labels.nodes[*].name') }} as labels,
        {{ json_int('record', '$.changedFiles') }} as changed_files,
        {{ json_text('record', '$.body') }} as body,
        {{ json_int('record', '$.reviews.totalCount') }} as reviews_count,
        {{ json_int('record', '$.commits.totalCount') }} as commits_count,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed

with source as ({{ new_runs('github', 'pull_requests') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_int('record', '$.number') }} as pr_number,
        position as event_index,
        {{ json_text('element', '$.__typename') }} as event_type,

        -- who and when
        {{ github_login('element', '$.actor') }} as actor_login,
        {{ json_text('element', '$.actor.databaseId') }} as actor_id,
        {{ utc(json_text('element', '$.createdAt')) }} as occurred_at,

        -- what
        {{ json_text('element', '$.review.fullDatabaseId') }} as review_id,
        {{ json_text('element', '$.previousReviewState') }} as previous_review_state,
        {{ json_text('element', '$.beforeCommit.oid') }} as before_sha,
        {{ json_text('element', '$.afterCommit.oid') }} as after_sha,
        {{ json_text('element', '$.mergeRefName') }} as merge_ref,
        {{ json_text('element', '$.commit.oid') }} as merge_commit_sha
    from source
    cross join lateral {{ json_each_at(json_value('record', '$.timelineItems.nodes')) }} as item
)

select * from renamed

with source as ({{ new_runs('github', 'pull_requests') }}),

-- The two commits whose checks are read: the head, and what the merge made of it.
tips as (
    select
        *,
        'head' as commit_role,
        {{ json_value('record', '$.headCommit.nodes[0].commit') }} as tip
    from source
    union all
    select
        *,
        'merge' as commit_role,
        {{ json_value('record', '$.mergeCommit') }} as tip
    from source
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_int('record', '$.number') }} as pr_number,
        commit_role,
        {{ json_text('tip', '$.oid') }} as commit_sha,
        {{ json_text('suite.element', '$.databaseId') }} as check_suite_id,
        {{ json_text('run.element', '$.databaseId') }} as check_run_id,
        {{ json_text('run.element', '$.name') }} as context,

        -- state
        {{ json_text('suite.element', '$.app.slug') }} as app_slug,
        {{ json_text('run.element', '$.status') }} as status,
        {{ json_text('run.element', '$.conclusion') }} as conclusion,
        {{ utc(json_text('run.element', '$.startedAt')) }} as started_at,
        {{ utc(json_text('run.element', '$.completedAt')) }} as completed_at,
        {{ json_text('run.element', '$.detailsUrl') }} as url
    from tips
    cross join lateral {{ json_each_at(json_value('tip', '$.checkSuites.nodes')) }} as suite
    cross join lateral {{ json_each_at(json_value('suite.element', '$.checkRuns.nodes')) }} as run
    where tip is not null
)

select * from renamed

with pulls as ({{ new_runs('github', 'pull_requests') }}),

by_commit as ({{ new_runs('github', 'commit_statuses') }}),

-- The two commits whose checks are read: the head, and what the merge made of it.
tips as (
    select
        *,
        'head' as commit_role,
        {{ json_value('record', '$.headCommit.nodes[0].commit') }} as tip
    from pulls
    union all
    select
        *,
        'merge' as commit_role,
        {{ json_value('record', '$.mergeCommit') }} as tip
    from pulls
),

newest as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_int('record', '$.number') }} as pr_number,
        commit_role,
        {{ json_text('tip', '$.oid') }} as commit_sha,
        cast(null as varchar) as status_id,
        {{ json_text('status.element', '$.context') }} as context,

        -- state
        {{ json_text('status.element', '$.state') }} as state,
        {{ utc(json_text('status.element', '$.createdAt')) }} as created_at,
        {{ github_login('status.element', '$.creator') }} as creator_login,
        {{ json_text('status.element', '$.targetUrl') }} as url
    from tips
    cross join lateral {{ json_each_at(json_value('tip', '$.status.contexts')) }} as status
    where tip is not null
),

every as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        cast(null as bigint) as pr_number,
        cast(null as varchar) as commit_role,
        {{ json_text('parent', '$.sha') }} as commit_sha,
        {{ json_text('status.element', '$.id') }} as status_id,
        {{ json_text('status.element', '$.context') }} as context,

        -- state
        upper({{ json_text('status.element', '$.state') }}) as state,
        {{ utc(json_text('status.element', '$.created_at')) }} as created_at,
        {{ json_text('status.element', '$.creator.login') }} as creator_login,
        {{ json_text('status.element', '$.target_url') }} as url
    from by_commit
    cross join lateral {{ json_each_at('record') }} as status
)

select * from newest
union all
select * from every

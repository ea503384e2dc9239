with source as ({{ new_runs('github', 'pull_requests') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_int('record', '$.number') }} as pr_number,
        position as commit_index,
        {{ json_text('element', '$.commit.oid') }} as commit_sha,
        {{ json_texts_at('element', '$.commit.parents.nodes[*].oid') }} as parent_shas,

        -- who
        {{ json_texts_at('element', '$.commit.authors.nodes[*].user.login') }} as author_logins,
        {{ json_texts_at('element', '$.commit.authors.nodes[*].user.databaseId') }} as author_ids,
        {{ lower_texts(json_texts_at('element', '$.commit.authors.nodes[*].email')) }} as author_emails,
        {{ json_text('element', '$.commit.committer.user.login') }} as committer_login,
        {{ json_text('element', '$.commit.committer.user.databaseId') }} as committer_id,

        -- times
        {{ utc(json_text('element', '$.commit.authoredDate')) }} as authored_at,
        {{ utc(json_text('element', '$.commit.committedDate')) }} as committed_at,
        {{ json_text('element', '$.commit.message') }} as message
    from source
    cross join lateral {{ json_each_at(json_value('record', '$.commits.nodes')) }} as item
)

select * from renamed

with source as ({{ new_runs('github', 'compare_commits') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('parent', '$.ref') }} as ref,
        {{ json_text('parent', '$.before') }} as before_sha,
        {{ json_text('parent', '$.after') }} as after_sha,
        position as commit_index,
        {{ json_text('element', '$.sha') }} as commit_sha,
        {{ json_texts_at('element', '$.parents[*].sha') }} as parent_shas,

        -- who
        {{ json_text('element', '$.author.login') }} as author_login,
        {{ json_text('element', '$.author.id') }} as author_id,
        lower({{ json_text('element', '$.commit.author.email') }}) as author_email,
        {{ utc(json_text('element', '$.commit.author.date')) }} as authored_at,
        {{ json_text('element', '$.committer.login') }} as committer_login,
        {{ utc(json_text('element', '$.commit.committer.date')) }} as committed_at,

        -- what
        {{ json_text('element', '$.commit.message') }} as message,
        {{ json_bool('element', '$.commit.verification.verified') }} as is_verified
    from source
    cross join lateral {{ json_each_at(json_value('record', '$.commits')) }} as item
)

select * from renamed

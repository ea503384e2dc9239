with source as ({{ new_runs('github', 'pull_requests') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_int('record', '$.number') }} as pr_number,
        {{ json_text('element', '$.fullDatabaseId') }} as review_id,

        -- who
        {{ github_login('element', '$.author') }} as reviewer_login,
        {{ json_text('element', '$.author.databaseId') }} as reviewer_id,
        {{ json_text('element', '$.author.__typename') }} as reviewer_type,
        {{ json_text('element', '$.authorAssociation') }} as reviewer_association,

        -- what
        {{ json_text('element', '$.state') }} as state,
        {{ json_text('element', '$.commit.oid') }} as commit_sha,
        {{ utc(json_text('element', '$.submittedAt')) }} as submitted_at
    from source
    cross join lateral {{ json_each_at(json_value('record', '$.reviews.nodes')) }} as item
)

select * from renamed

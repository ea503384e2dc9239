-- Everybody who wrote a commit of a pull request, co-authors included: by account, and by work address where the
-- commit names one, since a trailer needs no account. Names never count.
with commits as (
    select commits.*
    from {{ ref('stg_github__pull_request_commits') }} as commits
    inner join {{ ref('int_pull_request_records') }} as newest
        on commits._run_id = newest._run_id
        and commits._seq = newest._seq
        and commits.repo_id = newest.repo_id
        and commits.pr_number = newest.pr_number
    where commits.commit_sha is not null
),

account_ids as (
    select repo_id, pr_number, commit_sha, {{ unpacked('author_ids') }} as account_id from commits
),

account_logins as (
    select repo_id, pr_number, commit_sha, {{ unpacked('author_logins') }} as login from commits
),

emails as (
    select repo_id, pr_number, commit_sha, {{ unpacked('author_emails') }} as email from commits
),

by_account as (
    select
        account_ids.repo_id,
        account_ids.pr_number,
        account_ids.commit_sha,
        {{ github_identity('accounts.person_key', 'account_ids.account_id', 'accounts.login') }} as author_key
    from account_ids
    left join {{ ref('int_github_accounts') }} as accounts using (account_id)
    where account_ids.account_id is not null
),

by_login as (
    select
        account_logins.repo_id,
        account_logins.pr_number,
        account_logins.commit_sha,
        {{ github_identity('accounts.person_key', 'accounts.account_id', 'account_logins.login') }} as author_key
    from account_logins
    left join {{ ref('int_github_accounts') }} as accounts on lower(account_logins.login) = lower(accounts.login)
    where account_logins.login is not null
),

by_email as (
    select emails.repo_id, emails.pr_number, emails.commit_sha, people.person_key as author_key
    from emails
    inner join {{ ref('dim_person') }} as people on emails.email = lower(people.work_email)
    union all
    -- GitHub's own addresses carry the login.
    select repo_id, pr_number, commit_sha, 'bot:' || email as author_key
    from emails
    where email like '%[bot]@users.noreply.github.com'
)

select distinct repo_id, pr_number, commit_sha, author_key
from (
    select * from by_account
    union all
    select * from by_login
    union all
    select * from by_email
) as authors
where author_key is not null

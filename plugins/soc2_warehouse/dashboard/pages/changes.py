"""Changes: pull requests and deployments, and what the tests of changes found of each."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.listing import PageNumber, chosen, listed
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import page as rendered

router = APIRouter()
LINK = Link("Changes", "/changes", 60)

PULL_REQUESTS = """
    select
        'pull request' as kind, repo_full_name as repo, cast(pr_number as varchar) as number, title as what,
        author_login as actor, merged_at as happened_at, merge_commit_sha as sha,
        case when is_merged then 'merged' else lower(state) end as progress, is_production_change as is_production,
        [repo_id || '|' || pr_number, repo_full_name || '#' || pr_number] as named
    from fct_pull_request
"""
DEPLOYMENTS = """
    select
        'deployment' as kind, repo_full_name as repo, deployment_id as number,
        concat_ws(' to ', service, environment) as what, creator_login as actor,
        coalesce(success_at, ended_at, created_at) as happened_at, sha,
        case when success_at is not null then 'succeeded' when ended_at is not null then 'failed' else 'unfinished' end
            as progress,
        environment_class = 'production' as is_production,
        [deployment_id] as named
    from fct_deployment
"""
#: Keys of change controls begin with the repository and the pull request, or with the deployment; CM-10 names either.
FOUND = """
    select
        case
            when control_id in ('CM-03', 'CM-04', 'CM-05') then regexp_extract(entity_key, '^[^|]*[|][^|]*')
            when control_id = 'CM-10' then entity_key
            else split_part(entity_key, '|', 1)
        end as name,
        result
    from fct_control_row
    where starts_with(control_id, 'CM-') and control_id not in ('CM-01', 'CM-02', 'CM-13')
"""
ALL = f"""
    with changes as ({PULL_REQUESTS} union all {DEPLOYMENTS}),

    found as (
        select
            name,
            count(*) filter (where result = 'exception') as exceptions,
            count(*) filter (where result = 'unknown') as unknown,
            count(*) filter (where result = 'pass') as passed,
            count(*) filter (where result = 'pending') as pending
        from ({FOUND})
        group by name
    ),

    summed as (
        select
            names.kind, names.repo, names.number,
            cast(sum(exceptions) as bigint) as exceptions,
            sum(unknown) as unknown, sum(passed) as passed, sum(pending) as pending
        from (select kind, repo, number, unnest(named) as name from changes) as names
        inner join found on found.name = names.name
        group by all
    )

    select
        changes.* exclude (named),
        coalesce(summed.exceptions, 0) as exceptions,
        case
            when summed.kind is null then 'none'
            when summed.exceptions > 0 then 'exception'
            when summed.unknown > 0 then 'unknown'
            when summed.passed > 0 then 'pass'
            when summed.pending > 0 then 'pending'
            else 'excluded'
        end as result
    from changes
    left join summed
        on summed.kind = changes.kind and summed.repo = changes.repo and summed.number = changes.number
"""
FILTERED = f"""
    select * from ({ALL})
    where ($kind = '' or kind = $kind)
        and ($repo = '' or repo = $repo)
        and ($result = '' or result = $result)
        and ($production = '' or is_production)
        and ($text = '' or contains(lower(concat_ws(' ', number, what, actor, sha)), lower($text)))
"""
ORDERS = {
    "newest": "happened_at desc nulls last, kind, repo, number",
    "oldest": "happened_at nulls last, kind, repo, number",
    "findings": "exceptions desc, happened_at desc nulls last, kind, repo, number",
}
KINDS = ("pull request", "deployment")
RESULTS = ("exception", "unknown", "pending", "pass", "excluded", "none")


@router.get("/changes")
def changes(
    request: Request,
    published: Published,
    page: PageNumber,
    kind: str = "",
    repo: str = "",
    result: str = "",
    production: str = "",
    text: str = "",
    sort: str = "newest",
) -> HTMLResponse:
    """production: anything but nothing leaves out what does not lead to production."""
    filters = {"kind": kind, "repo": repo, "result": result, "production": production, "text": text.strip()}
    repos = published.rows(
        "select repo_full_name as repo from fct_pull_request union "
        "select repo_full_name from fct_deployment order by repo"
    )
    return rendered(
        request,
        "changes.html",
        title="Changes",
        day=published.day,
        listing=listed(published, FILTERED, filters, chosen(ORDERS, sort), page),
        filters=filters,
        sort=sort if sort in ORDERS else "newest",
        choices={"kinds": KINDS, "repos": [row["repo"] for row in repos], "results": RESULTS, "orders": list(ORDERS)},
    )

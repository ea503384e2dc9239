"""One pull request or deployment, from commit to production, with what each test of changes found of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.evidence import evidence_of
from soc2_warehouse.dashboard.findings import findings_of
from soc2_warehouse.dashboard.reading import Published, Reader
from soc2_warehouse.dashboard.rendering import page as rendered

router = APIRouter()

#: Everything that was found of a pull request, of its commits, and of the deployments that brought it somewhere.
OF_PULL_REQUEST = """
    starts_with(rows.control_id, 'CM-') and case
        when rows.control_id in ('CM-03', 'CM-04', 'CM-05') then starts_with(rows.entity_key || '|', $key || '|')
        when rows.control_id = 'CM-01'
            then split_part(rows.entity_key, '|', 1) = $repo
            and list_contains(cast($shas as varchar[]), split_part(rows.entity_key, '|', -1))
        when rows.control_id = 'CM-11'
            then list_contains(cast($shas as varchar[]), split_part(rows.entity_key, '|', -1))
            and list_contains(cast($deployments as varchar[]), split_part(rows.entity_key, '|', 1))
        when rows.control_id = 'CM-10'
            then rows.entity_key = $name
            or list_contains(cast($shas as varchar[]), rows.entity_key)
            or list_contains(cast($deployments as varchar[]), rows.entity_key)
        when rows.control_id = 'CM-13'
            then list_contains(cast($shas as varchar[]), json_extract_string(rows.evidence, '$.after_sha'))
        else list_contains(cast($deployments as varchar[]), split_part(rows.entity_key, '|', 1))
    end
"""


@router.get("/changes/pr/{repo:path}/{number}")
def pull_request(request: Request, published: Published, repo: str, number: str) -> HTMLResponse:
    """One pull request. repo: full name or id. 404 when there is none."""
    found = published.row(
        """
        select pull_requests.*, people.display_name as author_name
        from fct_pull_request as pull_requests
        left join dim_person as people on people.person_key = pull_requests.author_key
        where (repo_full_name = $repo or repo_id = $repo) and cast(pr_number as varchar) = $number
        """,
        {"repo": repo, "number": number},
    )
    if found is None:
        raise HTTPException(404, "there is no such pull request")
    key = {"repo": found["repo_id"], "number": found["pr_number"]}
    commits = published.rows(
        "select * from fct_pr_commit where repo_id = $repo and pr_number = $number order by commit_index", key
    )
    named = [commit["commit_sha"] for commit in commits] + [found["head_sha_at_merge"], found["merge_commit_sha"]]
    shas = sorted({sha for sha in named if sha})
    deployments = _deployments(published, found["repo_id"], shas)
    carried_by = [one["deployment_id"] for one in deployments]
    name = f"{found['repo_full_name']}#{found['pr_number']}"
    return rendered(
        request,
        "pull_request.html",
        title=name,
        day=published.day,
        change=found,
        commits=commits,
        names=_names(published, [key for commit in commits for key in commit["author_keys"] or []]),
        reviews=_reviews(published, key),
        checks=_checks(published, found["repo_id"], found["head_sha_at_merge"]),
        required=published.rows(
            "select * from fct_pr_required_check where repo_id = $repo and pr_number = $number order by context", key
        ),
        deployments=deployments,
        findings=findings_of(
            published,
            OF_PULL_REQUEST,
            {
                "key": f"{found['repo_id']}|{found['pr_number']}",
                "name": name,
                "repo": found["repo_id"],
                "shas": shas,
                "deployments": carried_by,
            },
        ),
        emergency=_emergency(published, [name, *shas, *carried_by]),
    )


@router.get("/changes/deployment/{deployment_id}")
def deployment(request: Request, published: Published, deployment_id: str) -> HTMLResponse:
    """One deployment. 404 when there is none of that id."""
    found = published.row("select * from fct_deployment where deployment_id = ?", [deployment_id])
    if found is None:
        raise HTTPException(404, "there is no such deployment")
    found_in = findings_of(
        published,
        "starts_with(rows.control_id, 'CM-') and rows.control_id not in ('CM-03', 'CM-04', 'CM-05') "
        "and split_part(rows.entity_key, '|', 1) = $id",
        {"id": deployment_id},
    )
    record = next((row for row in found_in if row["control_id"] == "CM-12"), None)
    return rendered(
        request,
        "deployment.html",
        title=f"{found['service'] or found['repo_full_name']} to {found['environment']}",
        day=published.day,
        change=found,
        commits=_deployed(published, deployment_id),
        siblings=published.rows(
            """
            select * from fct_deployment
            where repo_id = $repo and sha = $sha and deployment_id <> $id
            order by created_at, deployment_id
            """,
            {"repo": found["repo_id"], "sha": found["sha"], "id": deployment_id},
        ),
        production=published.row("select * from fct_production_change where deployment_id = ?", [deployment_id]),
        findings=found_in,
        record=evidence_of(record),
        emergency=_emergency(published, [deployment_id]),
    )


def _deployments(published: Reader, repo: str, shas: list[str]) -> list[dict[str, Any]]:
    """Deployments that brought one of the commits somewhere for the first time, or that are of one of them."""
    return published.rows(
        """
        select * from fct_deployment as deployments
        where repo_id = $repo and (
            list_contains(cast($shas as varchar[]), sha)
            or deployment_id in (
                select deployment_id from fct_deployed_commit
                where is_new and list_contains(cast($shas as varchar[]), commit_sha)
            )
        )
        order by created_at, deployment_id
        """,
        {"repo": repo, "shas": shas},
    )


def _names(published: Reader, keys: list[str]) -> dict[str, str]:
    """Names of those of the keys that are people's: others are accounts that belong to nobody."""
    found = published.rows(
        "select person_key, display_name from dim_person where list_contains(cast($keys as varchar[]), person_key)",
        {"keys": keys},
    )
    return {row["person_key"]: row["display_name"] for row in found}


def _reviews(published: Reader, key: dict[str, Any]) -> list[dict[str, Any]]:
    return published.rows(
        """
        select reviews.*, people.display_name as reviewer_name
        from fct_pr_review as reviews
        left join dim_person as people on people.person_key = reviews.reviewer_key
        where reviews.repo_id = $repo and reviews.pr_number = $number
        order by reviews.submitted_at, reviews.review_id
        """,
        key,
    )


def _checks(published: Reader, repo: str, sha: str | None) -> list[dict[str, Any]]:
    return published.rows(
        """
        select * from fct_check_run
        where repo_id = $repo and sha = $sha
        order by context, attempt, started_at, check_id
        """,
        {"repo": repo, "sha": sha},
    )


def _deployed(published: Reader, deployment_id: str) -> list[dict[str, Any]]:
    """Commits of a deployment with the pull request that each came by."""
    return published.rows(
        """
        select deployed.commit_sha, deployed.is_new, deployed.repo_full_name, max(branch.pr_number) as pr_number
        from fct_deployed_commit as deployed
        left join fct_branch_commit as branch
            on branch.repo_id = deployed.repo_id and branch.commit_sha = deployed.commit_sha
        where deployed.deployment_id = ?
        group by all
        order by pr_number, deployed.commit_sha
        limit 500
        """,
        [deployment_id],
    )


def _emergency(published: Reader, references: list[str]) -> dict[str, Any] | None:
    """The declaration that names the change, if there is one."""
    return published.row(
        """
        select * from fct_emergency_declaration
        where list_contains(cast($named as varchar[]), change_ref)
            or list_contains(cast($named as varchar[]), object_key)
        order by declared_at, change_ref
        limit 1
        """,
        {"named": references},
    )

"""Changes: the list, and one pull request or deployment from commit to production, against the published file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from html_tables import HOSTILE, published, read, unharmed

pytestmark = pytest.mark.slow(minutes=0.5)
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def file(pages_home: Path) -> Any:
    with published(pages_home) as connection:
        yield connection


def test_the_list_is_every_pull_request_and_deployment(client: Callable[..., Any], file: Any) -> None:
    pulls = file.execute("select count(*) from fct_pull_request").fetchone()[0]
    deployments = file.execute("select count(*) from fct_deployment").fetchone()[0]
    assert pulls and deployments
    get = client("vera").get
    assert read(get("/soc2/changes", headers=HTML)).total == pulls + deployments
    assert read(get("/soc2/changes", params={"kind": "deployment"}, headers=HTML)).total == deployments
    repo, count = file.execute("select repo_full_name, count(*) from fct_pull_request group by 1 order by 2").fetchone()
    assert read(get("/soc2/changes", params={"kind": "pull request", "repo": repo}, headers=HTML)).total == count
    production = file.execute("select count(*) from fct_deployment where environment_class = 'production'").fetchone()[
        0
    ]
    found = read(get("/soc2/changes", params={"kind": "deployment", "production": "yes"}, headers=HTML))
    assert found.total == production
    unharmed(client("vera"), "/changes", ("kind", "repo", "result", "production", "text", "sort"))


def test_a_change_has_an_exception_exactly_when_a_test_found_one(client: Callable[..., Any], file: Any) -> None:
    expected = {
        row[0]
        for row in file.execute(
            """
            select distinct 'deployment ' || deployments.deployment_id
            from fct_deployment as deployments inner join fct_control_row as found
                on split_part(found.entity_key, '|', 1) = deployments.deployment_id
            where found.result = 'exception' and starts_with(found.control_id, 'CM-')
            union
            select distinct pulls.repo_full_name || '#' || pulls.pr_number
            from fct_pull_request as pulls inner join fct_control_row as found
                on starts_with(found.entity_key || '|', pulls.repo_id || '|' || pulls.pr_number || '|')
                or found.entity_key = pulls.repo_full_name || '#' || pulls.pr_number
            where found.result = 'exception' and starts_with(found.control_id, 'CM-')
            """
        ).fetchall()
    }
    assert expected
    shown: set[str] = set()
    page, number = None, 0
    while page is None or number < page.pages:
        number += 1
        asked = {"result": "exception", "page": number}
        page = read(client("vera").get("/soc2/changes", params=asked, headers=HTML))
        shown |= {
            " ".join(text.split()[: 2 if text.startswith("deployment") else 1])
            for text in page.tables[0].column("Change")
        }
    assert shown == expected


def test_a_pull_request_is_told_from_commit_to_production(client: Callable[..., Any], file: Any) -> None:
    repo, repo_id, number = file.execute(
        """
        select repo_full_name, repo_id, pr_number from fct_pull_request as pulls
        where is_merged and is_production_change and exists (
            select 1 from fct_deployed_commit as deployed
            where deployed.repo_id = pulls.repo_id and deployed.commit_sha = pulls.merge_commit_sha and deployed.is_new
        )
        order by commits_count desc, repo_full_name, pr_number
        """
    ).fetchone()
    page = read(client("vera").get(f"/soc2/changes/pr/{repo}/{number}", headers=HTML))
    assert page.heading == f"{repo}#{number}"
    same = read(client("vera").get(f"/soc2/changes/pr/{repo_id}/{number}", headers=HTML))
    assert same.heading == page.heading
    for caption, table in (("Commits", "fct_pr_commit"), ("Reviews", "fct_pr_review")):
        count = file.execute(f"select count(*) from {table} where repo_id = ? and pr_number = ?", [repo_id, number])
        assert len(page.table(caption).rows) == count.fetchone()[0] > 0
    findings = page.table("What the tests of changes found")
    own = file.execute(
        "select control_id, entity_name from fct_control_row where control_id in ('CM-03', 'CM-04', 'CM-05') "
        "and starts_with(entity_key || '|', ?)",
        [f"{repo_id}|{number}|"],
    ).fetchall()
    shown = list(zip(findings.column("Control"), findings.column("Of"), strict=True))
    assert own and {(control, name) for control, name in shown if control in ("CM-03", "CM-04", "CM-05")} == set(own)
    deployments = {row[0] for row in page.table("Deployments").rows}
    known = file.execute(
        """
        select distinct deployment_id from fct_deployed_commit
        where is_new and repo_id = $repo and commit_sha in (
            select merge_commit_sha from fct_pull_request where repo_id = $repo and pr_number = $number
            union all select commit_sha from fct_pr_commit where repo_id = $repo and pr_number = $number
        )
        """,
        {"repo": repo_id, "number": number},
    ).fetchall()
    assert known and {row[0] for row in known} <= deployments
    tested = [
        row[0]
        for row in file.execute(
            "select entity_key from fct_control_row where control_id = 'CM-06' and result <> 'excluded'"
        ).fetchall()
    ]
    assert ("CM-06" in findings.column("Control")) == bool(deployments & set(tested))


def test_a_deployment_has_its_commits_its_tests_and_its_evidence_record(client: Callable[..., Any], file: Any) -> None:
    lying, service, environment = file.execute(
        "select deployment_id, service, environment from fct_deployment inner join fct_control_row "
        "on entity_key = deployment_id where control_id = 'CM-12' and result = 'exception' order by 1"
    ).fetchone()
    page = read(client("vera").get(f"/soc2/changes/deployment/{lying}", headers=HTML))
    assert page.heading == f"{service} to {environment}"
    commits = file.execute("select count(*) from fct_deployed_commit where deployment_id = ?", [lying]).fetchone()[0]
    assert len(page.table("Commits").rows) == commits
    claimed = file.execute(
        "select json_extract_string(evidence, '$.claimed_author'), json_extract_string(evidence, '$.sha') "
        "from fct_control_row where control_id = 'CM-12' and entity_key = ?",
        [lying],
    ).fetchone()
    assert (page.facts["claimed author"], page.facts["sha"]) == claimed
    findings = page.table("What the tests of changes found")
    expected = file.execute(
        "select count(*) from fct_control_row "
        "where starts_with(control_id, 'CM-') and split_part(entity_key, '|', 1) = ?",
        [lying],
    ).fetchone()[0]
    assert len(findings.rows) == expected
    told = dict(zip(findings.column("Control"), findings.column("Result"), strict=True))
    assert "exception" in told["CM-12"]
    raised = file.execute(
        "select exception_id from fct_exception where control_id = 'CM-12' and entity_key = ?", [lying]
    ).fetchone()[0]
    assert f"/soc2/exceptions/{raised}" in page.links


def test_what_is_not_there_is_404_whatever_it_is_called(client: Callable[..., Any]) -> None:
    assert client().get("/soc2/changes").status_code == 401
    for path in ("pr/acme/none/1", "pr/acme/payments/0", "pr/acme/payments/one", "deployment/none", "pr/x/" + "9" * 40):
        assert client().get(f"/soc2/changes/{path}").status_code == 401
        read(client("vera").get(f"/soc2/changes/{path}", headers=HTML), 404)
    for text in HOSTILE[:6]:
        assert client("vera").get(f"/soc2/changes/deployment/{text}", headers=HTML).status_code == 404


def test_a_visitor_follows_a_change(visit: Callable[..., Any], picture: Callable[..., Path], file: Any) -> None:
    deployment = file.execute(
        "select deployment_id from fct_deployed_commit inner join fct_branch_commit using (repo_id, commit_sha) "
        "where is_new and pr_number is not null order by 1 desc"
    ).fetchone()[0]
    visitor = visit("vera")
    page = visitor.go("/changes")
    picture(visitor, "changes")
    page.get_by_label("Text").fill(deployment)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(f"**text={deployment}**")
    page.locator("tbody").get_by_role("link").first.click()
    page.wait_for_url("**/changes/deployment/*")
    picture(visitor, "deployment")
    page.locator("tbody").locator("a[href*='/changes/pr/']").first.click()
    page.wait_for_url("**/changes/pr/**")
    assert page.locator("ol.way li").count() == 6
    picture(visitor, "pull_request")
    phone = visit("vera", phone=True, dark=True)
    phone.page.goto(page.url)
    assert phone.overflow == 0

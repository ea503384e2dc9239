"""GitHub read over HTTP through PyGithub, on good days and bad ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from soc2_warehouse import extract, http
from soc2_warehouse.sandbox import github
from soc2_warehouse.sandbox.wire import RateLimit
from soc2_warehouse.sources import Read, _github_pulls

SANDBOX = github


@pytest.fixture
def state(provider):
    """The server's state, for tests that bend it."""
    return provider.app.extensions["state"]


@pytest.fixture
def short(provider, monkeypatch):
    """The same server, of which a first night reads ten days only."""
    monkeypatch.setattr(extract, "FIRST_WINDOW", timedelta(days=10))
    return provider


def test_every_table_of_a_good_day(provider):
    reading = provider.read()
    assert set(reading.status().values()) == {"complete"}, {r.table_name: r.errors for r in reading.receipts.values()}
    assert len(reading.receipts) == 21
    assert {r.tenant for r in reading.receipts.values()} == {"acme"}
    assert {r.credential_identity for r in reading.receipts.values()} == {"acme-ci"}
    # more than one page where there is more than one page
    assert reading.receipts["ref_updates"].api_calls > reading.receipts["ref_updates"].pages == 12
    assert reading.receipts["pull_requests"].pages > 12
    pulls = reading.receipts["pull_requests"]
    assert pulls.rows > 400 and pulls.api_calls / pulls.rows < 0.1


def test_what_search_counts_is_what_was_read(provider):
    reading = provider.read()
    merged = [row.record for row in reading.rows("pull_requests") if row.record["merged"]]
    watched = {"main", "release/2026.1"}
    counted = sum(row.record["issueCount"] for row in reading.rows("merged_pull_counts"))
    assert counted == sum(pull["baseRefName"] in watched for pull in merged) > 400


def test_comparisons_reach_the_head_of_the_branch(provider):
    reading = provider.read()
    heads = {
        (row.parent["full_name"], row.record["name"]): row.record["commit"]["sha"]
        for row in reading.rows("branches")
        if row.record
    }
    for (name, branch), head in heads.items():
        if branch == "main":
            known = [
                row
                for row in reading.rows("compare_commits")
                if row.parent["full_name"] == name and row.parent["ref"] == "refs/heads/main"
            ]
            assert known[0].parent["after"] == head
            assert all(len(row.record["commits"]) == row.record["total_commits"] for row in known)


def test_the_next_night_reads_only_what_is_new(provider):
    first = provider.read()
    second = provider.read(day=date(2026, 7, 2))
    for name in ("ref_updates", "pull_requests", "compare_commits", "commit_pulls"):
        assert 0 < second.receipts[name].rows < 40 < first.receipts[name].rows
    calls = {name: receipt.api_calls for name, receipt in second.receipts.items()}
    assert calls["pull_requests"] == 12 and calls["compare_commits"] < 10 and sum(calls.values()) < 150
    assert second.receipts["ref_updates"].window_start == first.receipts["ref_updates"].started_at - extract.OVERLAP


def test_a_status_that_came_after_the_merge_brings_its_history(provider):
    (row,) = provider.read().rows("commit_statuses")
    assert [status["state"] for status in row.record] == ["failure", "success", "pending"]


def test_nested_pages_are_followed(provider, state):
    pull = state.world.repos["payments"].builder.pulls[0]
    review = pull.reviews[0]
    pull.reviews += [replace(review, id=700_000 + n, state="COMMENTED") for n in range(230)]
    reading = provider.read()
    record = next(row.record for row in reading.rows("pull_requests") if row.record["fullDatabaseId"] == str(pull.id))
    assert len(record["reviews"]["nodes"]) == record["reviews"]["totalCount"] == len(pull.reviews) > 200
    assert reading.status()["pull_requests"] == "complete"


def test_an_ignored_role_filter_is_noticed(short, state):
    state.ignored_filters.add("role")
    receipt = short.read().receipts["members"]
    assert receipt.status == "incomplete" and "was ignored" in receipt.errors[0]


def test_an_ignored_order_is_noticed(short, state):
    state.ignored_filters.add("orderBy")
    receipt = short.read().receipts["pull_requests"]
    assert receipt.status == "incomplete" and "not in order" in receipt.errors[0]


def test_activity_out_of_order_is_noticed(short):
    short.app.faults.add(
        "/repos/acme/infra/activity",
        status=200,
        body='[{"timestamp": "2026-06-28T00:00:00Z"}, {"timestamp": "2026-06-29T00:00:00Z"}]',
    )
    assert "not in order of time" in short.read().receipts["ref_updates"].errors[0]


def test_a_page_that_never_came_is_noticed(short):
    short.app.faults.add(
        "/orgs/acme/repos",
        status=200,
        body="[]",
        headers={"Link": f'<{short.url}/orgs/acme/repos?page=3>; rel="last"'},
    )
    receipt = short.read().receipts["repositories"]
    assert receipt.status == "incomplete" and any("3 pages announced, 1 came" in error for error in receipt.errors)


def test_fewer_than_the_total_is_incomplete(short):
    short.app.faults.add("/orgs/acme/installations", status=200, body='{"total_count": 4, "installations": []}')
    receipt = short.read().receipts["installations"]
    assert receipt.status == "incomplete" and receipt.api_reported_total == 4


def test_a_repository_that_refuses_is_a_row(short):
    short.app.denied["sandbox-token"] = ["/repos/acme/infra/branches/main/protection", "/repos/acme/docs/activity"]
    reading = short.read()
    rows = {row.parent["full_name"]: row for row in reading.rows("branch_protection")}
    assert rows["acme/infra"].error["status"] == 403 and rows["acme/infra"].error["code"] == "FORBIDDEN"
    assert rows["acme/ledger-web"].error == {"status": 404, "code": "NOT_PROTECTED", "message": "Branch not protected"}
    assert reading.receipts["branch_protection"].status == "partial"
    assert reading.receipts["branch_protection"].permission_denied == 1
    refused = [row for row in reading.rows("ref_updates") if row.error]
    assert [row.parent["full_name"] for row in refused] == ["acme/docs"]


def test_a_repository_tells_who_may_do_what(short):
    reading = short.read()
    roles = {
        row.parent["full_name"]: {user["role_name"] for user in row.record} for row in reading.rows("collaborators")
    }
    assert len(roles) == 12 and all(found == {"admin", "write"} for found in roles.values())
    assert set(next(iter(reading.rows("collaborators"))).record[0]) == {"id", "login", "role_name"}


def test_a_table_denied_as_a_whole_fails_and_others_go_on(short):
    short.app.denied["sandbox-token"] = ["/orgs/acme/members"]
    status = short.read().status()
    assert status.pop("members") == "failed"
    assert set(status.values()) == {"complete"}


def test_no_audit_log_is_not_an_empty_audit_log(short, state):
    state.audit_available = False
    receipt = short.read().receipts["audit_log"]
    assert receipt.status == "failed" and "NOT_AVAILABLE" in receipt.errors[0]


def test_a_bad_token_fails_every_table(short):
    reading = short.read(token="wrong")
    assert set(reading.status().values()) == {"failed"}
    assert all(
        "401" in receipt.errors[0] or "TableNotLanded" in receipt.errors[0] for receipt in reading.receipts.values()
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502, "times": 2},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {
            "status": 403,
            "headers": {"Retry-After": "1"},
            "body": '{"message": "You have exceeded a secondary rate limit"}',
        },
    ],
    ids=["500", "502 twice", "429", "secondary limit"],
)
def test_what_passes_is_waited_for(short, fault):
    short.app.faults.add("/graphql", **fault)
    short.app.faults.add("/orgs/acme/members", **fault)
    reading = short.read()
    assert set(reading.status().values()) == {"complete"}
    receipt = reading.receipts["members"]
    assert receipt.throttled + receipt.http_errors == fault.get("times", 1)
    assert receipt.api_calls == 2 + fault.get("times", 1)


def test_half_a_page_is_no_page(short):
    short.app.faults.add("/repos/acme/payments/activity", truncate=True)
    reading = short.read()
    assert reading.status()["ref_updates"] == "failed" and "not valid JSON" in reading.receipts["ref_updates"].errors[0]
    assert reading.status()["compare_commits"] == "failed", "it needs the ref updates"
    assert reading.status()["pull_requests"] == "complete"


def test_a_rate_limit_slows_down_and_loses_nothing(short):
    short.app.limit = RateLimit(limit=60, window=0.5)
    reading = short.read()
    assert set(reading.status().values()) == {"complete"}
    assert sum(receipt.throttled for receipt in reading.receipts.values()) > 0


def test_a_page_too_heavy_for_github_is_halved():
    class Heavy:
        sizes: list[int] = []

        def graphql(self, query, **variables):
            self.sizes.append(variables["first"])
            if variables["first"] > 12:
                raise http.Refused(502, "HTTP_502", "timeout")
            page = {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
            return {"repository": {"pullRequests": page}}

    until = datetime(2026, 7, 1, tzinfo=UTC)
    read = Read(day=until.date(), since=until - timedelta(days=1), until=until)
    assert _github_pulls.read_pulls(Heavy(), read, "acme/x") == (1, [])
    assert Heavy.sizes == [50, 25, 12] and read.problems == []


def test_alerts_come_without_the_secrets_even_from_a_server_that_sends_them(provider, state):
    state.ignored_filters.add("hide_secret")
    alerts = provider.read().records("secret_alerts")
    assert [(alert["repository"]["full_name"], alert["number"]) for alert in alerts] == [
        ("acme/ledger-api", 1),
        ("acme/payments", 2),
        ("acme/mobile", 3),
        ("acme/reports", 4),
    ]
    assert not any("secret" in alert for alert in alerts)


def test_tags_and_bypasses_of_rules(provider, state):
    reading = provider.read(day=date(2026, 7, 3))
    moved = {row.record["ref"]: row.record["object"]["sha"] for row in reading.rows("tags") if row.record}
    assert moved.keys() >= {"refs/tags/v1.1", "refs/tags/nightly"}
    assert any(row.record is None for row in reading.rows("tags")), "an empty repository has no tags, and says so"
    suites = reading.records("rule_suites")
    assert {suite["result"] for suite in suites} == {"bypass"}
    assert reading.receipts["rule_suites"].api_calls <= 3
    state.suites_available = False
    assert provider.read(day=date(2026, 7, 4)).status()["rule_suites"] != "complete"

"""The deployment log read over HTTP."""

from __future__ import annotations

import re
from datetime import date

import pytest

from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.sandbox import github
from soc2_warehouse.sandbox.github import rest_repo
from soc2_warehouse.sources import deploys as module

SANDBOX = github


@pytest.fixture
def log(provider, monkeypatch):
    """The GitHub server, read by the deploys source."""
    connection = Connection("github_default", "github", provider.url, password="sandbox-token", extra={"org": "acme"})
    monkeypatch.setenv(variable("github_default"), connection.to_json())
    provider.name = "deploys"
    return provider


def test_every_table_of_a_good_day(log):
    reading = log.read()
    assert set(reading.status().values()) == {"complete"}, {r.table_name: r.errors for r in reading.receipts.values()}
    calls = {name: receipt.api_calls for name, receipt in reading.receipts.items()}
    assert calls["deployment_statuses"] / reading.receipts["deployment_statuses"].rows < 0.1
    assert calls["deployments"] > 13, "more than one page of some repositories"


def test_every_deployment_has_its_statuses_and_its_run(log):
    reading = log.read()
    deployments = {record["id"]: record for record in reading.records("deployments")}
    statuses = {row.parent["deployment_id"]: row.record for row in reading.rows("deployment_statuses")}
    assert deployments.keys() == statuses.keys() and len(deployments) > 700
    runs = {record["id"] for record in reading.records("workflow_runs")}
    without = []
    for number, listed in statuses.items():
        found = re.search(r"/runs/(\d+)", listed[0]["logUrl"] or "")
        if found is None or int(found.group(1)) not in runs:
            without.append((number, deployments[number]["environment"]))
    assert without == [(41000526, "production"), (41000525, "staging")]


def test_evidence_is_read_out_of_the_archives(log):
    rows = log.read().rows("evidence_records")
    read = [row for row in rows if row.record]
    expired = [row for row in rows if row.error]
    assert len(read) > 100 and {row.error["code"] for row in expired} == {"EXPIRED"}
    assert read[0].record.keys() >= {
        "change_id",
        "pr_number",
        "author",
        "reviewer",
        "tests_passed",
        "deployed_at",
        "environment",
    }
    assert all(row.parent["run_id"] == row.record["run_id"] for row in read)


def test_an_archive_that_is_none_is_a_row(log):
    log.app.faults.add("/_blobs/ledger-api/", status=200, body="no archive")
    rows = log.read().rows("evidence_records")
    assert [row.error["code"] for row in rows if row.error and row.error["code"] != "EXPIRED"] == ["UNREADABLE"]


def test_more_runs_than_the_list_shows_are_read_in_halves(log, monkeypatch):
    whole = {record["id"] for record in log.read().records("workflow_runs")}
    monkeypatch.setattr(rest_repo, "RUN_CAP", 40)
    monkeypatch.setattr(module, "RUN_CAP", 40)
    reading = log.read()
    halves = [record["id"] for record in reading.records("workflow_runs")]
    assert reading.status()["workflow_runs"] == "complete"
    assert len(halves) == len(set(halves)) > 40 and set(halves) <= whole


def test_runs_lost_to_the_cap_are_noticed(log, monkeypatch):
    monkeypatch.setattr(rest_repo, "RUN_CAP", 40)
    receipt = log.read().receipts["workflow_runs"]
    assert receipt.status == "incomplete" and "runs announced" in receipt.errors[0]


def test_an_ignored_filter_is_noticed(log):
    log.read()
    log.app.extensions["state"].ignored_filters.add("created")
    receipt = log.read(day=date(2026, 7, 2)).receipts["workflow_runs"]
    assert receipt.status == "incomplete" and "was ignored" in receipt.errors[0]


def test_a_repository_that_refuses_is_a_row(log):
    log.app.denied["sandbox-token"] = ["/repos/acme/billing/deployments"]
    reading = log.read()
    assert reading.status()["deployments"] == "partial"
    assert [row.parent["full_name"] for row in reading.rows("deployments") if row.error] == ["acme/billing"]


def test_the_next_night_is_cheap(log):
    first, second = log.read(), log.read(day=date(2026, 7, 2))
    assert sum(receipt.api_calls for receipt in second.receipts.values()) < 80
    assert second.receipts["deployments"].rows < 40 < first.receipts["deployments"].rows

"""GitHub's accounts without a second factor, read over HTTP."""

from __future__ import annotations

from datetime import date

import pytest

from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.sandbox import github

SANDBOX = github


@pytest.fixture
def accounts(provider, monkeypatch):
    """The GitHub server, read by the source of accounts without a second factor."""
    connection = Connection("github_default", "github", provider.url, password="sandbox-token", extra={"org": "acme"})
    monkeypatch.setenv(variable("github_default"), connection.to_json())
    provider.name = "github_two_factor"
    return provider


def test_nobody_is_an_answer(accounts):
    found = {row.parent["kind"]: row.record for row in accounts.read().rows("disabled")}
    assert [user["login"] for user in found["members"]] == ["ecole"] and found["outside_collaborators"] == []
    later = {row.parent["kind"]: row.record for row in accounts.read(day=date(2026, 7, 2)).rows("disabled")}
    assert later == {"members": [], "outside_collaborators": []}


def test_a_refused_filter_is_a_row_and_no_empty_list(accounts):
    accounts.app.denied["sandbox-token"] = ["/orgs/acme/members"]
    reading = accounts.read()
    rows = {row.parent["kind"]: row for row in reading.rows("disabled")}
    assert reading.receipts["disabled"].status == "partial"
    assert rows["members"].error["status"] == 403 and rows["outside_collaborators"].record == []

"""GitHub's SSH keys read over HTTP."""

from __future__ import annotations

from datetime import date

import pytest

from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.sandbox import github

SANDBOX = github


@pytest.fixture
def keys(provider, monkeypatch):
    """The GitHub server, read by the source of keys."""
    connection = Connection("github_default", "github", provider.url, password="sandbox-token", extra={"org": "acme"})
    monkeypatch.setenv(variable("github_default"), connection.to_json())
    provider.name = "github_keys"
    return provider


def test_every_repository_has_a_row_and_keys_come_and_go(keys):
    reading = keys.read()
    assert set(reading.status().values()) == {"complete"}, {r.table_name: r.errors for r in reading.receipts.values()}
    rows = reading.rows("deploy_keys")
    assert len(rows) == 12 and sum(not row.record for row in rows) > 0
    assert 9105 in {key["id"] for row in rows for key in row.record}
    later = {key["id"] for row in keys.read(day=date(2026, 7, 5)).rows("deploy_keys") for key in row.record}
    assert {9103, 9106} <= later and not {9102, 9105} & later


def test_a_repository_that_refuses_is_a_row(keys):
    keys.app.denied["sandbox-token"] = ["/repos/acme/docs/keys"]
    reading = keys.read()
    assert reading.receipts["deploy_keys"].status == "partial"
    refused = [row.parent["full_name"] for row in reading.rows("deploy_keys") if row.error]
    assert refused == ["acme/docs"]


def test_without_single_sign_on_nothing_is_claimed(keys):
    keys.app.faults.add("/orgs/acme/credential-authorizations", status=404, times=9)
    receipt = keys.read().receipts["credential_authorizations"]
    assert receipt.status == "failed" and "NOT_AVAILABLE" in receipt.errors[0]

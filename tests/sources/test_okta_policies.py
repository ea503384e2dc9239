"""Sign-on policies of the identity provider, read over HTTP."""

from __future__ import annotations

from datetime import date

import pytest

from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.sandbox import okta

SANDBOX = okta


@pytest.fixture
def policies(provider, monkeypatch):
    """The Okta server, read by the source of policies."""
    monkeypatch.setenv(
        variable("okta_default"), Connection("okta_default", "okta", provider.url, password="sandbox-token").to_json()
    )
    provider.name = "okta_policies"
    return provider


def test_each_policy_comes_with_its_rules(policies):
    rows = {row.parent["name"]: row.record for row in policies.read().rows("access_policies")}
    assert [rule["priority"] for rule in rows["Cloud"]] == [1, 99] and len(rows) == 3
    later = {row.parent["name"]: row.record for row in policies.read(day=date(2026, 7, 4)).rows("access_policies")}
    assert [rule["priority"] for rule in later["Cloud"]] == [99]


def test_a_refused_policy_is_a_row(policies):
    policies.app.faults.add("/policies/rstacmecloud/rules", status=403, times=9)
    rows = {row.parent["name"]: row for row in policies.read().rows("access_policies")}
    assert rows["Cloud"].error["status"] == 403 and rows["Private network"].record

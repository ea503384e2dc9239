"""Okta read over HTTP, on good days and bad ones."""

from datetime import date

import pytest

from soc2_warehouse.sandbox import okta
from soc2_warehouse.sandbox.wire import RateLimit

SANDBOX = okta
DENIED = "00uacme00000000E1036"


def test_every_table_of_a_good_day(provider):
    reading = provider.read()
    assert reading.status() == {
        "users": "complete",
        "factors": "partial",  # one user's factors are refused
        "groups": "complete",
        "group_members": "complete",
        "apps": "complete",
        "admin_roles": "complete",
        "system_log": "complete",
    }
    assert reading.receipts["users"].pages >= 4 and reading.receipts["system_log"].pages >= 7
    assert {r.credential_identity for r in reading.receipts.values()} == {"ingrid.solberg@acme.example"}
    assert {r.tenant for r in reading.receipts.values()} == {provider.url}


def test_both_listings_make_the_whole_population(provider):
    users = provider.read().records("users")
    assert len(users) == len({user["id"] for user in users}) == 79
    assert {"ACTIVE", "DEPROVISIONED", "SUSPENDED", "STAGED", "PROVISIONED"} <= {user["status"] for user in users}


def test_one_call_a_user_and_a_refusal_is_that_users_row(provider):
    reading = provider.read()
    present = [user["id"] for user in reading.records("users") if user["status"] != "DEPROVISIONED"]
    rows = reading.rows("factors")
    assert [row.parent["userId"] for row in rows] == present
    refused = [row for row in rows if row.error]
    assert [(row.parent["userId"], row.error["status"], row.error["code"]) for row in refused] == [
        (DENIED, 403, "E0000006")
    ]
    assert any(row.record == [] for row in rows), "an empty list is an answer"
    assert reading.receipts["factors"].permission_denied == 1


def test_group_members_are_paged(provider):
    reading = provider.read()
    everyone = next(row for row in reading.rows("group_members") if row.parent["groupId"].endswith("everyone"))
    assert len(everyone.record) > 60
    assert {member["id"] for member in everyone.record} <= {user["id"] for user in reading.records("users")}


def test_administrators_come_with_their_roles(provider):
    roles = {row.parent["userId"]: [r["type"] for r in row.record] for row in provider.read().rows("admin_roles")}
    assert roles == {
        "00uacme00000000E1003": ["READ_ONLY_ADMIN"],
        "00uacme00000000E1021": ["SUPER_ADMIN"],
        "00uacme00000000E1022": ["SUPER_ADMIN", "HELP_DESK_ADMIN"],
    }


def test_the_next_day_reads_only_what_is_new(provider):
    first = {event["uuid"] for event in provider.read().records("system_log")}
    second = provider.read(day=date(2026, 7, 2))
    events = {event["uuid"] for event in second.records("system_log")}
    assert len(first) > 5000 and 50 < len(events) < 1000
    assert events & first and events - first, "the window overlaps the one before"
    assert "2026-06-30" in str(second.receipts["system_log"].parameters["since"])


def test_a_server_that_ignores_the_filter_is_noticed(provider):
    provider.app.config["IGNORE_FILTER"] = True
    reading = provider.read()
    receipt = reading.receipts["users"]
    assert receipt.status == "incomplete" and "was ignored" in receipt.errors[0]
    assert reading.receipts["factors"].status == "failed", "no population, no factors"


@pytest.mark.parametrize(("status", "counter"), [(429, "throttled"), (500, "http_errors")])
def test_what_passes_is_repeated(provider, status, counter):
    provider.app.faults.add("/api/v1/apps", status=status, times=2, headers={"Retry-After": "0"})
    receipt = provider.read().receipts["apps"]
    assert receipt.status == "complete" and receipt.rows == 29
    assert getattr(receipt, counter) == 2


def test_the_limit_is_not_run_into(provider):
    provider.app.limit = RateLimit(limit=60, window=1.0, header_prefix="X-Rate-Limit")
    reading = provider.read()
    assert reading.status()["factors"] == "partial"
    assert sum(receipt.throttled for receipt in reading.receipts.values()) == 0


def test_a_bad_token_fails_every_table(provider):
    reading = provider.read(token="wrong")
    assert len(reading.receipts) == 7
    assert set(reading.status().values()) == {"failed"}
    assert "401" in reading.receipts["users"].errors[0]


def test_a_token_without_a_right_fails_that_table_alone(provider):
    provider.app.denied["limited-token"] = ["/api/v1/logs", "/api/v1/users/me"]
    reading = provider.read(token="limited-token")
    assert reading.status()["system_log"] == "failed" and "403" in reading.receipts["system_log"].errors[0]
    assert reading.status()["users"] == "complete" and reading.receipts["users"].credential_identity == ""


def test_half_a_page_fails_the_table(provider):
    provider.app.faults.add("/api/v1/users$", truncate=True, query="after=")
    receipt = provider.read().receipts["users"]
    assert receipt.status == "failed" and "not valid JSON" in receipt.errors[0]


def test_a_page_that_never_comes_fails_the_table(provider, monkeypatch):
    monkeypatch.setattr("soc2_warehouse.http.Session.__init__.__defaults__", (None, 16, 1))
    provider.app.faults.add("/api/v1/users$", status=500, times=99, query="after=")
    reading = provider.read()
    assert reading.status()["users"] == "failed" and reading.status()["apps"] == "complete"

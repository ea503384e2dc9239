"""PagerDuty read over HTTP, on good days and bad ones."""

import json
from datetime import date

import pytest

from soc2_warehouse.sandbox import pagerduty
from soc2_warehouse.sources import pagerduty as source

SANDBOX = pagerduty


def test_every_table_of_a_good_day(provider):
    reading = provider.read()
    assert reading.status() == {
        "incidents": "complete",
        "log_entries": "complete",
        "services": "complete",
        "oncalls": "complete",
    }
    incidents = reading.records("incidents")
    assert len(incidents) == len({incident["id"] for incident in incidents}) > 50
    assert None in {incident["priority"] and incident["priority"]["summary"] for incident in incidents}
    types = {entry["type"] for entry in reading.records("log_entries")}
    assert {"trigger_log_entry", "acknowledge_log_entry", "priority_change_log_entry", "resolve_log_entry"} <= types


def test_several_pages_make_the_same_rows(provider, monkeypatch):
    whole = provider.read()
    monkeypatch.setattr(source, "PAGE", 7)
    paged = provider.read()
    assert paged.receipts["log_entries"].pages > 4 * whole.receipts["log_entries"].pages
    for name in ("incidents", "log_entries"):
        assert paged.records(name) == whole.records(name)


def test_the_next_day_reads_recent_incidents_again(provider):
    provider.read()
    reading = provider.read(day=date(2026, 7, 2))
    created = [incident["created_at"] for incident in reading.records("incidents")]
    assert created and min(created) > "2026-06-16" and len(created) < 60
    assert len(reading.records("log_entries")) < 60


@pytest.mark.parametrize("status", [429, 502])
def test_what_passes_is_repeated(provider, status):
    provider.app.faults.add("/incidents", status=status, times=2, headers={"Retry-After": "0"})
    receipt = provider.read().receipts["incidents"]
    assert receipt.status == "complete" and receipt.throttled + receipt.http_errors == 2


def test_a_bad_token_fails_every_table(provider):
    assert set(provider.read(token="wrong").status().values()) == {"failed"}


def test_a_token_without_a_right_fails_that_table_alone(provider):
    provider.app.denied["limited-token"] = ["/log_entries"]
    status = provider.read(token="limited-token").status()
    assert {name for name, found in status.items() if found == "failed"} == {"log_entries"}


def test_half_a_page_fails_the_table(provider):
    provider.app.faults.add("/incidents", truncate=True)
    receipt = provider.read().receipts["incidents"]
    assert receipt.status == "failed" and "not valid JSON" in receipt.errors[0]


def test_a_dropped_page_is_noticed(provider):
    dropped = {"log_entries": [], "limit": 100, "offset": 0, "total": 40, "more": False}
    provider.app.faults.add("/log_entries", status=200, body=json.dumps(dropped))
    receipt = provider.read().receipts["log_entries"]
    assert receipt.status == "incomplete" and "counts 40" in receipt.errors[0]


def test_more_than_can_be_paged_to_is_noticed(provider, monkeypatch):
    monkeypatch.setattr(source, "PAGE", 5)
    monkeypatch.setattr(source, "LAST_OFFSET", 10)
    receipt = provider.read().receipts["log_entries"]
    assert receipt.status == "incomplete" and "pages no further" in receipt.errors[0]


def test_services_name_their_policy_and_oncalls_leave_a_gap(provider):
    reading = provider.read(day=date(2026, 7, 4))
    policies = {item["name"]: item["escalation_policy"]["id"] for item in reading.records("services")}
    assert policies["reports"] == "PPOLDATA" and len(policies) == 8
    data = [item for item in reading.records("oncalls") if item["escalation_policy"]["id"] == "PPOLDATA"]
    assert [item["end"] for item in data][:1] == ["2026-07-03T14:00:00Z"] and data[1]["start"] == "2026-07-03T18:00:00Z"


def test_the_log_tells_a_machine_from_a_person_and_priorities_from_their_names(provider):
    reading = provider.read()
    acknowledged = [entry for entry in reading.records("log_entries") if entry["type"] == "acknowledge_log_entry"]
    machines = [entry for entry in acknowledged if entry["agent"]["type"] == "service_reference"]
    assert len(machines) == 1 and machines[0]["channel"]["type"] == "api" and len(acknowledged) > 50
    incident = machines[0]["incident"]["id"]
    assert [entry["agent"]["type"] for entry in acknowledged if entry["incident"]["id"] == incident][1:] == [
        "user_reference"
    ]
    numbers = sorted(record["incident_number"] for record in reading.records("incidents"))
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert {"SEV1", "SEV9", None} <= {
        record["priority"] and record["priority"]["summary"] for record in reading.records("incidents")
    }

"""The sandbox's SIEM tells what has happened so far, and its bursts are in the logs that the alerts are about."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from soc2_warehouse.sandbox import siem, siem_rules
from soc2_warehouse.sandbox.aws import trail
from soc2_warehouse.sandbox.bursts import BURSTS, EXCESSES
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.okta_log import happenings, written
from soc2_warehouse.sandbox.register_lines import standups
from soc2_warehouse.sandbox.rhythm import moment


def told(text: str) -> tuple[dict[str, dict], Counter]:
    found = {table: records for _, table, _, records in siem.exported(Company(), moment(text))}
    totals = Counter({line["rule_id"]: line["alerts"] for line in found["alert_counts"]})
    return {alert["alert_id"]: alert for alert in found["alerts"]}, totals


def test_an_alert_is_told_as_it_stands():
    before, after = told("2026-07-01T08:59")[0]["A-00002"], told("2026-07-01T09:00")[0]["A-00002"]
    assert (before["status"], before["closed_at"], before["disposition"]) == ("in_progress", None, None)
    assert (after["status"], after["closed_by"], after["disposition"]) == ("closed", siem.ANALYST, "false_positive")
    assert "A-00005" not in told("2026-07-01T12:00")[0]


def test_the_siem_counts_what_it_tells():
    alerts, totals = told("2026-07-05T02:00")
    assert Counter(alert["rule_id"] for alert in alerts.values()) == totals
    assert {alert["severity"] for alert in alerts.values()} == {"high", "medium", "low", None}


def test_office_hours_follow_the_clock_in_new_york():
    one = siem.outside()[0]
    for text, expected in (
        ("2026-03-06T13:30", True),
        ("2026-03-09T13:30", False),
        ("2026-06-23T12:59:59", True),
        ("2026-06-23T13:00", False),
        ("2026-06-23T21:00", True),
        ("2026-06-27T16:00", True),
    ):
        assert siem.outside_hours(replace(one, started_at=moment(text))) is expected, text


def test_only_one_deployment_is_not_logged_and_one_not_looked_at():
    alerts, _ = told("2026-07-05T02:00")
    now = moment("2026-07-05T02:00")
    outside = [one for one in siem.outside() if one.started_at < now]
    assert len(outside) > 100
    assert {one.number for one in outside if f"D-{one.number:05}" not in alerts} == siem.UNLOGGED
    held = list(standups.LINES["standups"](Company(), now))
    looked_at = {number for line in held for number in line["deployments"]}
    missed = {one.number for one in outside if str(41000000 + one.number) not in looked_at and one.number < 760}
    assert missed == standups.PASSED_OVER


def test_the_newest_rule_of_an_id_stands():
    found = {rule["rule_id"]: rule for rule in siem_rules.standing(moment("2026-07-03T09:59"))}
    later = {rule["rule_id"]: rule for rule in siem_rules.standing(moment("2026-07-03T10:00"))}
    assert (found["pii_access"]["operator"], later["pii_access"]["operator"]) == (">=", ">")
    assert "trail_stopped" not in later


def test_bursts_are_in_the_logs_of_both_systems():
    company = Company()
    by_key = {burst.key: burst for burst in BURSTS}
    events = [
        (event.user.login, event.at, event.type, event.reason)
        for event in happenings(company, datetime(2026, 6, 15, tzinfo=UTC), datetime(2026, 7, 4, tzinfo=UTC))
        if event.result == "FAILURE" or event.type.startswith("user.account.")
    ]
    boundary = by_key["boundary"]
    minutes = [at.minute // 5 for login, at, kind, _ in events if login == boundary.login and kind.endswith("start")]
    assert Counter(minutes)[0] == 3 and Counter(minutes)[1] == 3
    reasons = Counter(reason for login, _, _, reason in events if login == by_key["long"].login)
    assert reasons["LOCKED_OUT"] > reasons["INVALID_CREDENTIALS"] >= 6
    console = [
        event
        for event in trail.history(company)
        if event.name == "ConsoleLogin" and (event.response or {}).get("ConsoleLogin") == "Failure"
    ]
    assert [event.username for event in console] == ["lena.fischer"] * 3
    assert max(excess.queries for excess in EXCESSES) == 300


def test_a_strangers_login_stays_as_it_was_typed_and_an_unlock_says_who():
    company = Company()
    admin = company.okta_users[0]
    events = happenings(company, datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 3, tzinfo=UTC))
    strange = [written(event, admin) for event in events if event.user.login == "admin@acme.example"]
    assert len(strange) == 6 and len({event["uuid"] for event in strange}) == 6
    assert {(event["actor"]["id"], event["actor"]["alternateId"]) for event in strange} == {
        ("unknown", "admin@acme.example")
    }
    (unlock,) = [
        written(event, admin)
        for event in events
        if event.type.endswith("unlock")
        and event.actor
        and event.at.day == 2
        and event.user.login == "lena.fischer@acme.example"
    ]
    assert unlock["actor"]["alternateId"] == "marcus.lee@acme.example"
    assert unlock["target"][0]["alternateId"] == "lena.fischer@acme.example"

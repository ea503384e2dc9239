"""The sandbox company's SIEM: its alerts and what became of them, as its exporter writes them.

Every deployment outside office hours has an alert, as rule ``deploy_hours`` says; the other alerts are told one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from soc2_warehouse.sandbox import siem_rules
from soc2_warehouse.sandbox.bursts import BURSTS, EXCESSES
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.exports import Export, Record
from soc2_warehouse.sandbox.github.pipeline import DEPLOYMENT_IDS
from soc2_warehouse.sandbox.rhythm import moment
from soc2_warehouse.sandbox.siem_rules import ANALYST
from soc2_warehouse.sandbox.timetable import Deployment, deployments

BEGIN = moment("2026-01-01")
OFFICE = ZoneInfo("America/New_York")
SECURITY = "security@acme.example"
#: NOT_LOGGED (AL-05): numbers of deployments that the SIEM saw and wrote nothing about.
UNLOGGED = frozenset({772})


@dataclass(frozen=True)
class Alert:
    """An alert with everything that ever becomes of it; what has not happened yet is not told.

    acked, notified: minutes after it was raised; closed: when; finding: of GuardDuty.
    """

    alert_id: str
    rule_id: str
    severity: str | None
    at: datetime
    entity: str | None
    title: str
    acked: float | None = 20
    notified: float | None = 1
    notified_to: str = SECURITY
    closed: str | datetime | None = None
    disposition: str | None = "false_positive"
    notes: str | None = "asked the person"
    closed_by: str = ANALYST
    incident_id: str | None = None
    suppressed_by: str | None = None
    finding_id: str | None = None
    is_test: bool = False

    @property
    def closed_at(self) -> datetime | None:
        return moment(self.closed) if isinstance(self.closed, str) else self.closed


def _told() -> Iterator[Alert]:
    bursts = {burst.key: burst for burst in BURSTS}
    excesses = {excess.key: excess for excess in EXCESSES}

    def failed(number: int, key: str, after: float, **more: Any) -> Alert:
        """``after``: seconds after the last failure that the burst needs to be one."""
        burst = bursts[key]
        at = burst.at(burst.seconds[min(5, len(burst.seconds) - 1)] + after)
        fields = {"severity": "high", "entity": burst.login, "title": "More than five failed sign-ins"} | more
        return Alert(f"A-{number:05}", "failed_login", at=at, **fields)

    def excess(number: int, key: str, after: float, **more: Any) -> Alert:
        """``after``: seconds after the hundred and first query."""
        found = excesses[key]
        at = list(found.moments())[100] + timedelta(seconds=after)
        fields = {"severity": "medium", "entity": found.account, "title": "Many queries of personal data"} | more
        return Alert(f"A-{number:05}", "pii_access", at=at, **fields)

    # NO_DISPOSITION (AL-03), NOT_CLOSED (AL-06): looked at, and then forgotten.
    yield failed(1, "forgotten", 60)
    yield failed(2, "boundary", 60, closed="2026-07-01T09:00")
    yield failed(3, "five", 60, closed="2026-07-01T09:10")
    # At the last moment at which it is in time; the account was locked a quarter of an hour later, as late as allowed.
    yield failed(4, "edge", 600, closed="2026-07-02T09:00")
    # ALERT_LATE (AL-02): a second too late; and the account was never locked, NOT_LOCKED (AL-03).
    yield failed(5, "late", 601, closed="2026-07-02T09:10")
    # TRUE_POSITIVE_WITHOUT_INCIDENT (AL-06) until the incident was opened.
    yield failed(
        6,
        "stranger",
        60,
        closed="2026-07-01T21:00",
        disposition="true_positive",
        incident_id="2026-07-03T09:00 Q0SANDBOX0001",
    )
    # ALERT_WRONG_SEVERITY (AL-02), and nobody was told: NOT_NOTIFIED (AL-03).
    yield failed(7, "graded", 60, severity="medium", notified=None, closed="2026-07-02T12:00")
    yield failed(
        8,
        "long",
        30,
        closed="2026-07-03T12:00",
        disposition="true_positive",
        incident_id="2026-07-03T12:00 Q0SANDBOX0002",
    )
    yield failed(9, "both", 60, closed="2026-07-02T16:00")
    # Names nobody: neither the burst nor its response can be joined to it.
    yield failed(10, "nameless", 60, entity=None, closed="2026-07-02T18:00")
    # Reviewed by the person it is about, NOT_REVIEWED (AL-04).
    yield excess(20, "own", 60, closed="2026-06-25T12:00", closed_by="arjun.patel@acme.example", notes="my own export")
    # ALERT_WRONG_SEVERITY (AL-04).
    yield excess(21, "graded", 60, severity="low", closed="2026-06-29T09:00")
    yield excess(22, "reviewed", 900, closed="2026-07-02T12:30", closed_by="ingrid.solberg@acme.example")
    yield excess(23, "batch", 60, closed="2026-07-01T09:00", notes="nightly reconciliation", disposition="expected")
    # ALERT_LATE (AL-04).
    yield excess(24, "late", 901, closed="2026-07-02T09:00")
    yield excess(25, "shared", 60, closed="2026-07-02T14:00")
    # NOT_TRIAGED (AL-06): a minute too late; exactly an hour is in time.
    yield Alert(
        *("A-00030", "root_use", "high", moment("2026-06-29T10:00"), "root", "Root was used"),
        acked=61,
        closed="2026-06-30T10:00",
    )
    yield Alert(
        *("A-00031", "root_use", "high", moment("2026-06-29T11:00"), "root", "Root was used"),
        acked=60,
        closed="2026-06-30T10:00",
    )
    # A true positive of medium severity needs no incident.
    yield Alert(
        *("A-00032", "malware", "medium", moment("2026-06-30T10:00"), "laptop-17", "Test file of a scanner"),
        closed="2026-06-30T16:00",
        disposition="true_positive",
    )
    yield Alert(
        *("A-00033", "port_scan", None, moment("2026-07-01T08:00"), "192.0.2.44", "Port scan"),
        closed="2026-07-01T12:00",
    )
    # Closed by a suppression rule: by one that a reviewed change brought, and by one that nobody reviewed.
    yield Alert(
        *("A-00034", "port_scan", "medium", moment("2026-07-01T08:10"), "192.0.2.45", "Port scan"),
        acked=None,
        closed="2026-07-01T08:11",
        closed_by="siem",
        notes=None,
        disposition=None,
        suppressed_by="quiet_scanner",
    )
    yield Alert(
        *("A-00035", "port_scan", "medium", moment("2026-07-01T08:20"), "192.0.2.46", "Port scan"),
        acked=None,
        closed="2026-07-01T08:21",
        closed_by="siem",
        notes=None,
        disposition=None,
        suppressed_by="quiet_office",
    )
    yield Alert(
        *("A-00036", "guardduty", "medium", moment("2026-06-30T06:10"), "i-0sandbox", "Unusual outbound traffic"),
        closed="2026-07-01T10:00",
        finding_id="finding-medium",
    )
    yield Alert(
        *("A-00040", "heartbeat", "low", moment("2026-07-01T00:00"), "siem", "Weekly test alert"),
        is_test=True,
        closed="2026-07-01T09:00",
        disposition="test",
    )


def outside_hours(deployment: Deployment) -> bool:
    """Whether a deployment began outside office hours, as a person would read the rule off a clock in New York."""
    local = deployment.started_at.astimezone(OFFICE)
    return local.weekday() > 4 or not 9 <= local.hour < 17


@cache
def outside() -> tuple[Deployment, ...]:
    """Production deployments outside office hours, of every outcome."""
    found = (one for one in deployments() if one.environment == "production" and one.started_at >= BEGIN)
    return tuple(one for one in found if outside_hours(one))


def _deployed() -> Iterator[Alert]:
    for one in outside():
        if one.number not in UNLOGGED:
            at = one.started_at + timedelta(minutes=1)
            yield Alert(
                f"D-{one.number:05}",
                "deploy_hours",
                "low",
                at,
                str(DEPLOYMENT_IDS + one.number),
                f"{one.service} deployed outside office hours",
                acked=90,
                notified=None,
                closed=at + timedelta(days=3),
                disposition="expected",
                notes="for the stand-up",
            )


def exported(company: Company, now: datetime) -> Iterator[Export]:
    alerts = [_alert(one, now) for one in (*_told(), *_deployed()) if one.at <= now]
    totals = Counter(str(alert["rule_id"]) for alert in alerts)
    yield "siem", "rules", "snapshot", list(siem_rules.standing(now))
    yield "siem", "alerts", "event", alerts
    yield "siem", "alert_counts", "snapshot", [{"rule_id": rule, "alerts": total} for rule, total in totals.items()]


def _alert(alert: Alert, now: datetime) -> Record:
    """The alert as the SIEM shows it at ``now``."""

    def after(minutes: float | None) -> datetime | None:
        at = alert.at + timedelta(minutes=minutes) if minutes is not None else None
        return at if at is not None and at <= now else None

    closed = alert.closed_at if alert.closed_at is not None and alert.closed_at <= now else None
    acked, notified = after(alert.acked), after(alert.notified)
    since, _, incident = (alert.incident_id or "").rpartition(" ")
    return {
        "alert_id": alert.alert_id,
        "rule_id": alert.rule_id,
        "title": alert.title,
        "severity": alert.severity,
        "status": "closed" if closed else "open" if acked is None else "in_progress",
        "created_at": alert.at.isoformat(),
        "entity": alert.entity,
        "notified_at": notified.isoformat() if notified else None,
        "notified_to": alert.notified_to if notified else None,
        "assignee": ANALYST if acked else None,
        "ack_at": acked.isoformat() if acked else None,
        "closed_at": closed.isoformat() if closed else None,
        "closed_by": alert.closed_by if closed else None,
        "disposition": alert.disposition if closed else None,
        "notes": alert.notes if closed else None,
        "incident_id": incident if incident and moment(since) <= now else None,
        "suppressed_by": alert.suppressed_by if closed else None,
        "finding_id": alert.finding_id,
        "is_test": alert.is_test,
    }

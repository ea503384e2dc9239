"""Incidents that are planted in the sandbox company, each for one thing that the controls IR-01 to IR-12 look for.

What is not said here went by the book (``register_lines.incidents``). Minutes count from the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.exports import Export
from soc2_warehouse.sandbox.rhythm import moment

SECOND = 1 / 60


@dataclass(frozen=True)
class Plant:
    """One incident. key: its id in the register. ack, resolve, bot: minutes to a person's acknowledgement, to
    resolution, and to the acknowledgement of an integration; changes: (minutes, priority) set by a person.

    line: columns of the register's line that differ; drop: entries of its timeline that are missing, ``kind`` or
    ``kind:value``; entries: columns of entries that differ, by ``kind`` or ``kind:value``, ``minutes`` among them;
    more: further entries; postmortem: columns that differ, None for none; actions: further measures.
    since: nothing of it stands in the register earlier; phases_since: no phase of it does.
    """

    key: str
    created: str
    priority: str | None = "P2"
    ack: float = 5
    resolve: float = 120
    service: str = "reports"
    bot: float | None = None
    changes: tuple[tuple[float, str], ...] = ()
    page_id: str | None = None
    paged: bool = True
    line: dict[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: tuple[dict[str, Any], ...] = ()
    postmortem: dict[str, Any] | None = field(default_factory=dict)
    actions: tuple[dict[str, Any], ...] = ()
    since: str | None = None
    phases_since: str | None = None

    def at(self, minutes: float) -> datetime:
        return moment(self.created) + timedelta(seconds=round(minutes * 60))


def _party(name: str, **columns: Any) -> dict[str, dict[str, Any]]:
    return {f"notification:{name}": columns}


#: Entries of an incident that is over.
OVER = ("remediation", "recovery", "verification")
PLANTS = (
    # IR-01
    Plant("INC-CLOCK", "2026-06-10T20:00", "P3", line={"detected_at": moment("2026-06-10T20:30")}),
    Plant("INC-RUMOUR", "2026-06-11T20:00", "P3", line={"source": "rumour"}),
    Plant("INC-UNDATED", "2026-06-12T20:00", "P3", line={"detected_at": None}),
    Plant("INC-LATE-ENTRY", "2026-06-13T20:00", "P4", since="2026-07-02T10:00"),
    Plant("INC-DRILL", "2026-06-15T20:00", "P3", line={"excluded_as": "drill", "excluded_by": "E1003"}),
    Plant("INC-STRANGER", "2026-07-03T09:00", "P3", service="identity", page_id="Q0SANDBOX0001"),
    Plant("INC-LONG", "2026-07-03T12:00", "P3", service="identity", page_id="Q0SANDBOX0002"),
    # IR-02
    Plant("INC-NOSEV", "2026-06-16T20:00", None, drop=("severity", "fact", "notification")),
    Plant(
        "INC-SLIP",
        "2026-06-17T20:00",
        "P3",
        more=({"kind": "severity", "minutes": 6, "value": "P7", "note": "a slip"},),
    ),
    Plant("INC-SEV1", "2026-06-18T20:00", "SEV1"),
    Plant("INC-SEV9", "2026-06-19T20:00", "SEV9", drop=("severity", "fact", "notification")),
    Plant("INC-HEADLESS", "2026-06-20T20:00", "P3", line={"commander_id": None}),
    Plant("INC-BOTLED", "2026-06-21T20:00", "P3", line={"commander_id": "pagerduty-bot"}),
    Plant("INC-TOOL", "2026-06-22T20:00", "P3", drop=("severity",)),
    Plant("INC-TRIAGE-EDGE", "2026-06-23T20:00", entries={"severity": {"minutes": 60}}),
    # IR-03
    Plant(
        "INC-P1-EXACT",
        "2026-06-02T20:00",
        "P1",
        ack=15,
        actions=({"action_id": "A2", "action": "Alert earlier", "due_on": "2026-07-01"},),
    ),
    Plant(
        "INC-P1-LATE",
        "2026-06-03T20:00",
        "P1",
        ack=15 + SECOND,
        actions=({"action_id": "A2", "due_on": "2026-06-25", "closed_on": "2026-06-20", "ticket_id": "OPS-11"},),
    ),
    Plant(
        "INC-BOT",
        "2026-06-04T20:00",
        "P1",
        bot=1,
        ack=20,
        actions=(
            {"action_id": "A2", "due_on": "2026-07-08", "until": "2026-07-01T12:00"},
            {
                "action_id": "A2",
                "due_on": "2026-07-15",
                "replan_approved_by": "E1003",
                "since": "2026-07-01T12:00",
                "until": "2026-07-02T12:00",
            },
            {
                "action_id": "A2",
                "due_on": "2027-12-31",
                "replan_approved_by": "E1003",
                "since": "2026-07-02T12:00",
            },
        ),
    ),
    Plant("INC-RAISED-LATE", "2026-06-05T20:00", "P3", ack=80, changes=((60, "P1"),)),
    Plant("INC-RAISED-EXACT", "2026-06-08T20:00", "P3", ack=75, changes=((60, "P1"),)),
    Plant(
        "INC-LOWERED",
        "2026-06-09T20:00",
        "P1",
        ack=40,
        changes=((30, "P3"),),
        actions=({"action_id": "A2", "due_on": "2026-06-25", "closed_on": "2026-06-20", "ticket_id": "OPS-404"},),
    ),
    Plant("INC-P4-HOLIDAY", "2026-07-02T15:00", "P4", ack=6060, resolve=6100),
    Plant("INC-P4-LATE", "2026-06-26T15:00", "P4", ack=5580, resolve=5600),
    Plant("INC-SILENT", "2026-06-30T20:00", "P3", ack=2280, resolve=2400),
    Plant("INC-EARLY", "2026-06-10T21:00", "P3", paged=False, entries={"triage": {"minutes": -30}}),
    # IR-04
    Plant("INC-UNTOLD", "2026-06-24T20:00", "P1", drop=("notification:legal",)),
    Plant("INC-TOLD-LATE", "2026-06-25T20:00", entries=_party("engineering_leadership", minutes=120 + SECOND)),
    Plant("INC-TOLD-EDGE", "2026-06-25T22:00", entries=_party("engineering_leadership", minutes=120)),
    Plant("INC-UNPROVEN", "2026-06-26T20:00", "P3", entries=_party("security_team", evidence_uri=None)),
    Plant(
        "INC-WAIVED",
        "2026-06-27T20:00",
        "P1",
        entries=_party(
            "customers", channel="waived", note="no customer was affected", evidence_uri="https://legal.acme.example/14"
        ),
    ),
    # IR-05
    Plant("INC-UNCONTAINED", "2026-06-28T20:00", drop=("containment",)),
    Plant(
        "INC-CHAT",
        "2026-06-28T22:00",
        entries={"containment": {"note": None, "evidence_uri": "https://acme.slack.com/archives/C1/p2"}},
    ),
    Plant("INC-FORESEEN", "2026-06-01T20:00", entries={"containment": {"minutes": -5}}),
    Plant(
        "INC-NOTHING",
        "2026-06-01T22:00",
        entries={"containment": {"value": None, "note": "slow only: nothing to isolate", "evidence_uri": None}},
    ),
    # IR-06
    Plant("INC-UNFIXED", "2026-06-07T20:00", "P3", drop=("remediation",)),
    Plant(
        "INC-UNLINKED", "2026-06-07T22:00", "P3", entries={"remediation": {"value": "restart", "evidence_uri": None}}
    ),
    Plant("INC-UNDEPLOYED", "2026-05-10T20:00", "P3", entries={"remediation": {"value": "acme/infra#116"}}),
    Plant("INC-UNREVIEWED", "2026-05-11T20:00", "P3", entries={"remediation": {"value": "acme/ledger-api#128"}}),
    Plant("INC-FIXED", "2026-06-03T22:00", "P3", entries={"remediation": {"value": "acme/payments#144"}}),
    Plant("INC-GHOSTFIX", "2026-06-06T20:00", "P3", entries={"remediation": {"value": "acme/payments#99999"}}),
    # IR-07
    Plant("INC-UNRECOVERED", "2026-06-14T20:00", "P3", drop=("recovery",)),
    Plant("INC-UNVERIFIED", "2026-06-14T22:00", drop=("verification",)),
    Plant("INC-ALARMING", "2026-06-30T14:00", "P3", service="payments", line={"alarms": ["payments-availability"]}),
    Plant(
        "INC-ALARM-OK",
        "2026-07-01T10:00",
        "P3",
        resolve=60,
        service="ledger-api",
        line={"alarms": ["ledger-api-availability"]},
    ),
    Plant("INC-MUTE", "2026-06-24T22:00", "P3", line={"alarms": ["gone-availability"]}),
    # IR-08
    Plant("INC-UNWRITTEN", "2026-06-10T22:00", postmortem=None),
    Plant("INC-WRITTEN-LATE", "2026-06-11T22:00", postmortem={"published_at": moment("2026-06-22T09:00")}),
    Plant("INC-DUE-EDGE", "2026-06-05T22:00", postmortem={"published_at": moment("2026-06-13T03:00")}),
    Plant("INC-THIN", "2026-06-12T22:00", postmortem={"root_cause": None}),
    Plant(
        "INC-UNOWNED",
        "2026-06-15T22:00",
        actions=({"action_id": "A2", "owner_id": None, "due_on": "2026-06-30", "closed_on": "2026-06-29"},),
    ),
    Plant("INC-SELF", "2026-06-16T22:00", postmortem={"approved_by": "E1008"}),
    # IR-09
    Plant("INC-BACKFILLED", "2026-06-29T22:00", "P3", phases_since="2026-07-03T10:00"),
    # Nobody ever closes them: one is due for IR-05 after a week, the other for IR-09 after 30 days.
    Plant(
        "INC-NEVER-CLOSED",
        "2026-06-25T20:00",
        paged=False,
        line={"resolved_at": None},
        drop=("containment", *OVER),
        postmortem=None,
    ),
    Plant("INC-GOES-ON", "2026-06-02T21:00", "P3", paged=False, line={"resolved_at": None}, drop=OVER),
    # IR-11
    Plant(
        "INC-UNDER",
        "2026-06-17T22:00",
        "P3",
        more=({"kind": "fact", "minutes": 10, "value": "near_miss", "note": "x"},),
    ),
    Plant(
        "INC-LEARNED",
        "2026-06-18T22:00",
        resolve=240,
        changes=((130, "P1"),),
        drop=("fact:service_down",),
        more=({"kind": "fact", "minutes": 70, "value": "data_breach", "note": "found in the log"},),
    ),
    Plant("INC-UNEXPLAINED", "2026-06-19T22:00", "P3", changes=((30, "P2"),), drop=("severity:P2",)),
    Plant("INC-FACTLESS", "2026-06-20T22:00", "P3", drop=("fact",)),
)
#: About this one the status page said something, and told nobody.
SILENT_POST = "INC-UNTOLD"
BY_KEY = {plant.key: plant for plant in PLANTS}
#: The issue tracker; what it does not have is no ticket.
TRACKER = (
    {"ticket_id": "OPS-10", "status": "Closed", "resolution": "done", "closed_at": "2026-06-20T10:00:00Z"},
    {"ticket_id": "OPS-11", "status": "In progress", "resolution": None, "closed_at": None},
)


def exported(company: Company, now: datetime) -> Iterator[Export]:
    yield "support_tickets", "tickets", "event", support_tickets(now)
    yield "tickets", "tickets", "snapshot", [dict(ticket) for ticket in TRACKER]


def support_tickets(now: datetime) -> list[dict[str, Any]]:
    """Tickets about security of the last month, as of ``now``."""
    looked_at = now >= moment("2026-07-02T12:00")
    return [
        # Nobody made it an incident, until somebody found that it needs none: UNREGISTERED (IR-01).
        {
            "ticket_id": "T-501",
            "created_at": "2026-06-20T10:00:00Z",
            "tags": ["security"],
            "incident_id": None,
            "disposition": "no_incident" if looked_at else None,
        },
        {
            "ticket_id": "T-502",
            "created_at": "2026-06-02T20:03:00Z",
            "tags": ["security", "outage"],
            "incident_id": "INC-P1-EXACT",
            "disposition": None,
        },
    ]

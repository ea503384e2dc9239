"""Register lines of incidents: each page of the paging system by the book, and what differs in those planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.incident_plants import BY_KEY, PLANTS, Plant
from soc2_warehouse.sandbox.pagerduty import RESPONDERS, Incident, incidents
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import moment as instant
from soc2_warehouse.sandbox.statuspage import Post

ALWAYS, NEVER = instant("2025-01-01"), instant("2099-01-01")
FIRST_NIGHTS = instant("2026-06-29")
MINUTE = timedelta(minutes=1)
FACTS = {"P1": "service_down", "P2": "degraded", "P3": "data_issue", "P4": "policy_deviation"}
PARTIES = {
    "P1": ("executive_team", "legal", "customers"),
    "P2": ("engineering_leadership",),
    "P3": ("security_team",),
    "P4": ("team_lead",),
}
PHASES = ("triage", "containment", "remediation", "recovery", "verification")
OTHER_NAMES = {"SEV1": "P1"}
APPROVER = "E1003"


@dataclass(frozen=True)
class Line:
    """A line of a register that stands from ``since`` until ``until``."""

    register: str
    row: Row
    since: datetime
    until: datetime = NEVER


def _history(incident: Incident) -> list[tuple[datetime, str]]:
    """Severities and since when; empty when the paging system's name for it means nothing."""
    named = [(incident.created_at, incident.priority), *incident.changes]
    told = [(at, OTHER_NAMES.get(name or "", name or "")) for at, name in named]
    return [(at, severity) for at, severity in told if severity in FACTS]


def _entries(incident: Incident) -> Iterator[dict[str, Any]]:
    """The timeline of an incident that went by the book; ``happened_at`` is when, the rest are columns."""
    created, lasted = incident.created_at, incident.resolved_at - incident.created_at
    history = _history(incident)
    top = min((severity for _, severity in history), default="P3")
    yield {"kind": "triage", "happened_at": created + 2 * MINUTE, "note": "looked at, and somebody put in charge"}
    for number, (at, severity) in enumerate(history):
        after = 2 * MINUTE if number == 0 else MINUTE
        yield {"kind": "severity", "happened_at": at + after, "value": severity, "note": "by the definitions"}
        yield {"kind": "fact", "happened_at": at, "value": FACTS[severity]}
    reached = next((at for at, severity in history if severity == top), created)
    for party in PARTIES[top]:
        post = party == "customers"
        yield {
            "kind": "notification",
            "happened_at": reached + 20 * MINUTE,
            "value": party,
            "channel": "statuspage" if post else "mail",
            "evidence_uri": Post(incident, created, True).shortlink if post else f"https://mail.acme.example/{party}",
        }
    if top in ("P1", "P2"):
        yield {
            "kind": "containment",
            "happened_at": created + lasted * 0.4,
            "value": incident.service,
            "note": "traffic moved away",
            "evidence_uri": f"s3://acme-evidence/{incident.id}",
        }
    yield {
        "kind": "remediation",
        "happened_at": created + lasted * 0.6,
        "value": "no_code",
        "note": "a limit that was set too low",
        "evidence_uri": f"https://tickets.acme.example/{incident.number}",
    }
    yield {"kind": "recovery", "happened_at": created + lasted * 0.8, "note": "all requests are answered"}
    yield {"kind": "verification", "happened_at": created + lasted * 0.9, "note": "load test", "by_id": "E1019"}


def _differing(entry: dict[str, Any], plant: Plant) -> dict[str, Any] | None:
    """An entry as the plant has it; None when it is missing."""
    names = (entry["kind"], f"{entry['kind']}:{entry.get('value')}")
    if any(name in plant.drop for name in names):
        return None
    for name in names:
        changed = plant.entries.get(name, {})
        if changed:
            entry = entry | {key: value for key, value in changed.items() if key != "minutes"}
            if "minutes" in changed:
                entry["happened_at"] = plant.at(changed["minutes"])
    return entry


def _written(incident: Incident, at: datetime) -> datetime:
    """When somebody put what happened at ``at`` into the register: soon after the page, later, or at the end."""
    created = incident.created_at
    sittings = (created + 25 * MINUTE, created + 130 * MINUTE, incident.resolved_at + 120 * MINUTE)
    return next((sitting for sitting in sittings if at <= sitting), at)


def _story(key: str, incident: Incident, plant: Plant, paged: bool) -> Iterator[Line]:
    opened = instant(plant.since) if plant.since else _written(incident, incident.created_at)
    line: Row = {
        "incident_id": key,
        "title": f"{incident.service}: error rate above threshold",
        "source": "automated_monitoring",
        "detected_at": incident.created_at,
        "declared_at": incident.created_at + 2 * MINUTE,
        "commander_id": incident.responder,
        "pagerduty_ids": [incident.id] if paged else [],
        "resolved_at": None if paged else incident.resolved_at,
    } | plant.line
    if incident.priority is None and not incident.key:
        line |= {"excluded_as": "service_ticket", "excluded_by": incident.responder}
    yield Line("incidents", line, opened)
    if line.get("excluded_as"):
        return
    more = ({"happened_at": plant.at(entry["minutes"]), **entry} for entry in plant.more)
    differing = (_differing(entry, plant) for entry in (*_entries(incident), *more))
    found = [entry for entry in differing if entry is not None]
    for number, entry in enumerate(sorted(found, key=lambda one: one["happened_at"]), 1):
        since = max(opened, _written(incident, entry["happened_at"]))
        if plant.phases_since and entry["kind"] in PHASES:
            since = instant(plant.phases_since)
        row = {"by_id": incident.responder} | entry | {"incident_id": key, "entry_id": f"{entry['kind']}-{number:02}"}
        row.pop("minutes", None)
        yield Line("incident_timeline", row, since)
    tops = [severity for _, severity in _history(incident)]
    if min(tops, default="P3") in ("P1", "P2"):
        yield from _afterwards(key, incident, plant)


def _afterwards(key: str, incident: Incident, plant: Plant) -> Iterator[Line]:
    """The post-mortem of a P1 or P2, and its measures."""
    created, resolved = incident.created_at, incident.resolved_at
    if plant.postmortem is None:
        return
    told = ((created, "page"), (created + 5 * MINUTE, "found"), (resolved, "over"))
    mortem: Row = {
        "incident_id": key,
        "published_at": resolved + timedelta(days=2),
        "author": incident.responder,
        "approved_by": APPROVER,
        "timeline": [f"{at:%Y-%m-%dT%H:%M:%SZ} {what}" for at, what in told],
        "root_cause": "a limit that was set too low",
        "uri": f"https://wiki.acme.example/postmortems/{key}",
    } | plant.postmortem
    published = mortem["published_at"]
    yield Line("postmortems", mortem, published)
    usual = {"action": "Raise the limit", "owner_id": incident.responder}
    done = {
        "action_id": "A1",
        "due_on": (resolved + timedelta(days=30)).date(),
        "closed_on": published.date(),
        "ticket_id": "OPS-10",
    }
    for action in (done, *plant.actions):
        stands = {name: instant(action[name]) for name in ("since", "until") if name in action}
        row = {"origin_id": key} | usual | {name: value for name, value in action.items() if name not in stands}
        yield Line("incident_actions", row, max(published, stands.get("since", published)), stands.get("until", NEVER))


def _weekly(line: Line) -> Line:
    """Before the first night the register was brought up to date on Mondays: each moment is a commit, and costs one."""
    if not ALWAYS < line.since < FIRST_NIGHTS:
        return line
    return replace(line, since=line.since + (FIRST_NIGHTS - line.since) % timedelta(days=7))


@lru_cache(maxsize=2)
def _lines(seed: int) -> tuple[Line, ...]:
    found: list[Line] = []
    for incident in incidents(seed):
        usual = Plant("", incident.created_at.isoformat())
        key = incident.key or f"INC-{incident.number}"
        found.extend(_story(key, incident, BY_KEY.get(incident.key or "", usual), True))
    for plant in PLANTS:
        if not plant.paged:
            ends = plant.at(0), plant.at(plant.ack), plant.at(plant.resolve)
            unpaged = Incident(0, plant.service, *ends, RESPONDERS[1], "high", plant.priority, key=plant.key)
            found.extend(_story(plant.key, unpaged, plant, False))
    lesson = {
        "origin_id": "EX-2025",
        "action_id": "L1",
        "action": "Print the list of telephone numbers",
        "owner_id": "E1008",
        "due_on": "2026-06-01",
    }
    done = instant("2026-07-03T09:00")
    found.append(Line("incident_actions", lesson, ALWAYS, done))
    found.append(Line("incident_actions", lesson | {"closed_on": done.date()}, done))
    return tuple(_weekly(line) for line in found)


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which a line comes or goes."""
    for line in _lines(company.seed):
        yield line.since
        if line.until != NEVER:
            yield line.until


def _of(register: str) -> Callable[[Company, datetime], Iterator[Row]]:
    def rows(company: Company, moment: datetime) -> Iterator[Row]:
        for line in _lines(company.seed):
            if line.register == register and line.since <= moment < line.until:
                yield line.row

    return rows


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {
    name: _of(name) for name in ("incidents", "incident_timeline", "postmortems", "incident_actions")
}

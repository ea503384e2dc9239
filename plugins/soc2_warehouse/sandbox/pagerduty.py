"""The sandbox's paging service: incidents, log entries, services and on-calls of PagerDuty's REST API v2.

Traps kept on purpose: offset paging with ``more`` (and ``total`` only on request), at most 100 a page, offset plus
limit at most 10000, no range longer than six months, ``priority`` may be null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from flask import Response, jsonify, request

from soc2_warehouse.connections import Connection
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.github.watch import alarms
from soc2_warehouse.sandbox.incident_plants import PLANTS
from soc2_warehouse.sandbox.rhythm import chance, moment
from soc2_warehouse.sandbox.wire import Wire, create_wire

TOKEN = "sandbox-token"
LARGEST_PAGE, USUAL_PAGE, LAST_OFFSET = 100, 25, 10_000
LONGEST_RANGE = timedelta(days=184)
FIRST_DAY, LAST_DAY = date(2025, 1, 1), date(2027, 7, 31)
SERVICES = ("ledger-api", "payments", "identity", "reports", "billing")
RESPONDERS = ("E1007", "E1008", "E1009", "E1019")
PRIORITIES = ("P1", "P2", "P3")


#: Services that page somebody; the number is part of the id.
PAGED = (*SERVICES, "ledger-web", "notifications", "data-platform")
#: The policy of a service; all others page the platform's rota.
POLICIES = {"reports": "PPOLDATA"}
PLATFORM = "PPOLPLAT"
#: Weeks are handed over on Mondays at 09:00; the data rota forgot four hours of a Friday.
HANDOVER = moment("2025-01-06T09:00")
ROTAS = {PLATFORM: ("E1007", "E1008"), "PPOLDATA": ("E1009", "E1019")}
GAPS = {"PPOLDATA": (moment("2026-07-03T14:00"), moment("2026-07-03T18:00"))}


@dataclass(frozen=True)
class Incident:
    """One incident with the moments of its life.

    changes: when a person set another priority, and which; bot_at: when an integration acknowledged it; key: its id in
    the register when it is planted; page_id: an id that others name it by.
    """

    number: int
    service: str
    created_at: datetime
    acknowledged_at: datetime
    resolved_at: datetime
    responder: str
    urgency: str
    priority: str | None
    changes: tuple[tuple[datetime, str], ...] = ()
    bot_at: datetime | None = None
    key: str | None = None
    page_id: str | None = None

    @property
    def id(self) -> str:
        return self.page_id or f"Q{self.number:0>13}"

    @property
    def raised_at(self) -> datetime | None:
        """When it became a P1."""
        if self.priority in ("P1", "SEV1"):
            return self.created_at
        return next((at for at, priority in self.changes if priority == "P1"), None)

    def priority_at(self, now: datetime) -> str | None:
        return next((priority for at, priority in reversed(self.changes) if at <= now), self.priority)

    def status(self, now: datetime) -> str:
        if now >= self.resolved_at:
            return "resolved"
        return "acknowledged" if now >= self.acknowledged_at else "triggered"


@lru_cache(maxsize=2)
def incidents(seed: int) -> list[Incident]:
    """About two incidents a week and those that are planted, oldest first."""
    found: list[Incident] = []
    for number in range((LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(days=number)

        def draw(what: str, day: date = day) -> float:
            return chance(seed, "incident", day, what)

        if draw("happens") > 0.3:
            continue
        created = datetime.combine(day, time.min, UTC) + timedelta(seconds=int(draw("second") * 86399))
        acknowledged = created + timedelta(minutes=1 + int(draw("acknowledge") * 14))
        resolved = acknowledged + timedelta(minutes=10 + int(draw("resolve") ** 4 * 4000))
        urgent = draw("urgency") < 0.6
        priority = None if draw("priority") < 0.25 else PRIORITIES[1 if urgent else 2]
        raised = acknowledged + timedelta(minutes=5) if priority == "P2" and draw("raised") < 0.2 else None
        found.append(
            Incident(
                1000 + len(found),
                SERVICES[int(draw("service") * len(SERVICES))],
                created,
                acknowledged,
                resolved,
                RESPONDERS[int(draw("responder") * len(RESPONDERS))],
                "high" if urgent else "low",
                priority,
                ((raised, "P1"),) if raised else (),
            )
        )
    # An alarm while a release was watched that somebody acted on.
    for number, entry, at in alarms(seed, "incident"):
        found.append(
            Incident(
                9000 + number,
                entry.service,
                at + timedelta(minutes=2),
                at + timedelta(minutes=5),
                at + timedelta(minutes=40),
                RESPONDERS[0],
                "high",
                "P3",
            )
        )
    for plant in PLANTS:
        if plant.paged:
            found.append(
                Incident(
                    0,
                    plant.service,
                    plant.at(0),
                    plant.at(plant.ack),
                    plant.at(plant.resolve),
                    RESPONDERS[1],
                    "high",
                    plant.priority,
                    tuple((plant.at(minutes), priority) for minutes, priority in plant.changes),
                    None if plant.bot is None else plant.at(plant.bot),
                    plant.key,
                    plant.page_id,
                )
            )
    # The service counts up: numbers have no gap.
    ordered = sorted(found, key=lambda incident: incident.created_at)
    return [replace(incident, number=1000 + place) for place, incident in enumerate(ordered)]


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _reference(kind: str, identifier: str, summary: str) -> dict[str, Any]:
    return {"id": identifier, "type": f"{kind}_reference", "summary": summary, "self": None, "html_url": None}


def _priority(name: str | None) -> dict[str, Any] | None:
    return {"id": f"PRIO{name}", "type": "priority", "summary": name, "name": name} if name else None


def _service(incident: Incident) -> dict[str, Any]:
    return _reference("service", f"PSVC{SERVICES.index(incident.service)}", incident.service)


def _paged_service(number: int, name: str) -> dict[str, Any]:
    policy = POLICIES.get(name, PLATFORM)
    return {
        "id": f"PSVC{number}",
        "type": "service",
        "name": name,
        "status": "active",
        "escalation_policy": _reference("escalation_policy", policy, policy),
        "integrations": [],
    }


def oncalls(since: datetime, until: datetime, company: Company) -> list[dict[str, Any]]:
    """Shifts that touch [since, until], each as a whole."""
    found = []
    for policy, rota in ROTAS.items():
        week = int((since - HANDOVER) / timedelta(days=7))
        while (start := HANDOVER + timedelta(days=7 * week)) < until:
            shift = (start, start + timedelta(days=7))
            gap = GAPS.get(policy)
            parts = [(shift[0], gap[0]), (gap[1], shift[1])] if gap and shift[0] <= gap[0] < shift[1] else [shift]
            person = rota[week % len(rota)]
            for begin, end in parts:
                if begin < until and end > since:
                    found.append(
                        {
                            "escalation_policy": _reference("escalation_policy", policy, policy),
                            "escalation_level": 1,
                            "schedule": _reference("schedule", f"PSCH{policy[4:]}", policy),
                            "user": _reference("user", f"PUSR{person}", company.person(person).name),
                            "start": _iso(begin),
                            "end": _iso(end),
                        }
                    )
            week += 1
    return found


def _body(incident: Incident, now: datetime) -> dict[str, Any]:
    moments = [incident.created_at, incident.acknowledged_at, incident.resolved_at]
    return {
        "id": incident.id,
        "type": "incident",
        "incident_number": incident.number,
        "title": f"{incident.service}: error rate above threshold",
        "created_at": _iso(incident.created_at),
        "updated_at": _iso(max(at for at in moments if at <= now)),
        "resolved_at": _iso(incident.resolved_at) if now >= incident.resolved_at else None,
        "status": incident.status(now),
        "urgency": incident.urgency,
        "priority": _priority(incident.priority_at(now)),
        "service": _service(incident),
        "assignments": [],
        "incident_key": None,
    }


def _entries(incident: Incident, company: Company) -> list[tuple[datetime, dict[str, Any]]]:
    person = company.person(incident.responder)
    human = _reference("user", f"PUSR{incident.responder}", person.name)
    monitor = _service(incident)
    happened: list[tuple[datetime, str, dict[str, Any], dict[str, Any]]] = [
        (incident.created_at, "trigger", monitor, {"type": "api"}),
        (incident.created_at + timedelta(seconds=1), "assign", monitor, {"type": "auto"}),
        (incident.created_at + timedelta(seconds=2), "notify", monitor, {"type": "auto"}),
        (incident.acknowledged_at, "acknowledge", human, {"type": "mobile"}),
        (incident.resolved_at, "resolve", human, {"type": "website"}),
    ]
    if incident.bot_at is not None:
        integration = _reference("service", "PINTRUNBOOK", "Runbook automation")
        happened.append((incident.bot_at, "acknowledge", integration, {"type": "api"}))
    before = incident.priority
    for at, priority in incident.changes:
        channel = {"type": "website", "old_priority": _priority(before), "new_priority": _priority(priority)}
        happened.append((at, "priority_change", human, channel))
        before = priority
    return [
        (
            at,
            {
                "id": f"R{incident.number}{kind[:5].upper()}{place}",
                "type": f"{kind}_log_entry",
                "summary": f"{kind} by {agent['summary']}",
                "created_at": _iso(at),
                "agent": agent,
                "channel": channel,
                "incident": _reference("incident", incident.id, f"#{incident.number}"),
                "service": _service(incident),
                "teams": [],
            },
        )
        for place, (at, kind, agent, channel) in enumerate(happened)
    ]


def _error_body(status: int, message: str) -> dict[str, Any]:
    codes = {400: 2001, 401: 2006, 403: 2010, 404: 2100, 429: 2020}
    return {"error": {"message": message, "code": codes.get(status, 2000), "errors": []}}


def _refuse(message: str) -> Response:
    answer = jsonify(_error_body(400, message))
    answer.status_code = 400
    return answer


def _token() -> str | None:
    return request.headers.get("Authorization", "").removeprefix("Token token=") or None


def create_app(company: Company, now: Callable[[], datetime]) -> Wire:
    """The server; ``now`` is the company's time, aware UTC."""
    app = create_wire("pagerduty", now, _token, (TOKEN, "limited-token"), _error_body)

    @lru_cache(maxsize=1)
    def history() -> list[Incident]:
        return incidents(company.seed)

    @lru_cache(maxsize=1)
    def log() -> list[tuple[datetime, dict[str, Any]]]:
        return sorted((e for i in history() for e in _entries(i, company)), key=lambda e: (e[0], e[1]["id"]))

    def paged(name: str, select: Callable[[datetime, datetime], list[dict[str, Any]]]) -> Response:
        until = moment(request.args["until"]) if "until" in request.args else now()
        since = moment(request.args["since"]) if "since" in request.args else until - timedelta(days=30)
        if until - since > LONGEST_RANGE:
            return _refuse("Invalid Input Provided: the date range must not exceed 6 months")
        limit = max(1, min(int(request.args.get("limit", USUAL_PAGE)), LARGEST_PAGE))
        offset = int(request.args.get("offset", 0))
        if offset + limit > LAST_OFFSET:
            return _refuse("Invalid Input Provided: offset + limit must not exceed 10000")
        found = select(since, min(until, now()))
        total = len(found) if request.args.get("total", "false").lower() == "true" else None
        more = offset + limit < len(found)
        return jsonify(
            {name: found[offset : offset + limit], "limit": limit, "offset": offset, "total": total, "more": more}
        )

    @app.get("/incidents")
    def list_incidents() -> Response:
        return paged(
            "incidents",
            lambda since, until: [_body(i, now()) for i in history() if since <= i.created_at < until],
        )

    @app.get("/log_entries")
    def log_entries() -> Response:
        return paged("log_entries", lambda since, until: [body for at, body in log() if since <= at < until])

    @app.get("/services")
    def list_services() -> Response:
        return paged("services", lambda since, until: [_paged_service(*pair) for pair in enumerate(PAGED)])

    @app.get("/oncalls")
    def list_oncalls() -> Response:
        return paged("oncalls", lambda since, until: oncalls(since, until, company))

    @app.get("/users/me")
    def me() -> Response:
        return jsonify({"user": {"id": "PUSRE1019", "type": "user", "email": "emily.clark@acme.example"}})

    return app


def connection(url: str) -> Connection:
    """What leads to the server at ``url``."""
    return Connection("pagerduty_default", "http", url, password="sandbox-token")

"""The sandbox's HR system: the two read endpoints of BambooHR's API that the extraction uses.

Traps kept on purpose: dates have no time and no zone; "no date" is ``0000-00-00``; what takes effect in the future is
hidden in a report unless ``onlyCurrent=false``; the status history of all employees comes as one list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify, request

from soc2_warehouse.connections import Connection
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.records import Person
from soc2_warehouse.sandbox.rhythm import local
from soc2_warehouse.sandbox.wire import Wire, create_wire

TOKEN = "sandbox-token"
NO_DATE = "0000-00-00"
REASONS = {
    "Resignation (Voluntary)": "8240",
    "Termination (Involuntary)": "8241",
    "Transfer": "8242",
}
NOTICE = timedelta(days=14)


@dataclass(frozen=True)
class StatusRow:
    """One row of an employee's status history; entered_at is when HR wrote it."""

    on: date
    status: str
    entered_at: datetime
    reason: str | None = None


def history(person: Person) -> list[StatusRow]:
    """The whole status history, past and future, oldest first."""
    rows: list[StatusRow] = []
    for place, spell in enumerate(s for s in person.spells if s.source == "hris"):
        entered = local(spell.start - NOTICE, "10:00", person.tz)
        first = person.recorded_from if place == 0 and person.recorded_from else entered
        rows.append(StatusRow(spell.start, "Full-Time", first))
        if spell.end is not None:
            rows.append(StatusRow(spell.end, "Terminated", spell.notified_at or entered, spell.end_reason))
    for begins, ends in person.leave:
        entered = local(begins - NOTICE, "10:00", person.tz)
        rows.append(StatusRow(begins, "Leave of Absence", entered))
        if ends is not None:
            rows.append(StatusRow(ends + timedelta(days=1), "Full-Time", local(ends - NOTICE, "10:00", person.tz)))
    return sorted(rows, key=lambda row: row.on)


def known(person: Person, now: datetime) -> list[StatusRow]:
    """What HR has entered by ``now``."""
    return [row for row in history(person) if row.entered_at <= now]


def listed(person: Person, now: datetime) -> bool:
    """Whether the person has an employee record at ``now``."""
    if person.hris_id is None or person.recorded_from is None or now < person.recorded_from:
        return False
    return person.recorded_until is None or now < person.recorded_until


def _in_force(rows: list[StatusRow], today: date) -> StatusRow | None:
    """The row that holds today. An end takes effect after its day."""
    held = [r for r in rows if r.on < today or (r.on == today and r.status != "Terminated")]
    return held[-1] if held else None


def _fields(person: Person, manager: Person | None, now: datetime, only_current: bool) -> dict[str, Any]:
    today = now.astimezone(ZoneInfo(person.tz)).date()
    rows = known(person, now)
    row = _in_force(rows, today)
    inactive = row is not None and row.status == "Terminated"
    entered = {r.on for r in rows if r.status == "Full-Time"}
    hires = [s.start for s in person.spells if s.source == "hris" and s.start in entered]
    ends = [r.on for r in rows if r.status == "Terminated"]
    # A rehire clears the termination date, also while the second employment is still ahead.
    end = ends[-1] if ends and (not hires or ends[-1] >= max(hires)) else None
    if only_current and end is not None and end > today:
        end = None
    changed = max((r.entered_at for r in rows), default=person.recorded_from)
    return {
        "id": person.hris_id,
        "employeeNumber": person.employee_number,
        "firstName": person.first,
        "lastName": person.last,
        "displayName": person.name,
        "workEmail": person.email,
        "status": "Inactive" if inactive else "Active",
        "employmentHistoryStatus": row.status if row else "",
        "hireDate": hires[-1].isoformat() if hires else NO_DATE,
        "originalHireDate": hires[0].isoformat() if len(hires) > 1 else NO_DATE,
        "terminationDate": end.isoformat() if end else NO_DATE,
        "location": person.location,
        "department": person.department,
        "jobTitle": person.title,
        "supervisorEId": manager.hris_id if manager else None,
        "supervisor": f"{manager.last}, {manager.first}" if manager else None,
        "lastChanged": changed.strftime("%Y-%m-%dT%H:%M:%S+00:00") if changed else "",
    }


def _error_body(status: int, message: str) -> dict[str, Any]:
    return {"errors": [{"code": str(status), "message": message}]}


def create_app(company: Company, now: Callable[[], datetime]) -> Wire:
    """The server; ``now`` is the company's time, aware UTC."""

    def token() -> str | None:
        return request.authorization.username if request.authorization else None

    app = create_wire("hris", now, token, (TOKEN, "limited-token"), _error_body)
    base = "/api/gateway.php/<domain>/v1"

    def employees() -> list[Person]:
        return [person for person in company.people if listed(person, now())]

    @app.post(f"{base}/reports/custom")
    def report(domain: str) -> Response:
        only_current = request.args.get("onlyCurrent", "true").lower() != "false"
        wanted = [str(name) for name in (request.get_json(silent=True) or {}).get("fields", [])]
        rows = []
        for person in employees():
            starts = [s.start for s in person.spells if s.source == "hris"]
            if only_current and min(starts) > now().astimezone(ZoneInfo(person.tz)).date():
                continue
            manager = company.person(person.manager_number) if person.manager_number else None
            values = _fields(person, manager, now(), only_current)
            rows.append({name: values.get(name) for name in dict.fromkeys(["id", *wanted])})
        named = [{"id": name, "type": "text", "name": name} for name in wanted]
        return jsonify({"title": "Report", "fields": named, "employees": rows})

    @app.get(f"{base}/employees/all/tables/employmentStatus")
    def employment_status(domain: str) -> Response:
        rows = []
        for person in employees():
            for place, row in enumerate(known(person, now()), 1):
                ended = row.status == "Terminated"
                rows.append(
                    {
                        "id": f"{person.hris_id}{place:02d}",
                        "employeeId": person.hris_id,
                        "date": row.on.isoformat(),
                        "employmentStatus": row.status,
                        "comment": row.reason or "",
                        "terminationReasonId": REASONS.get(row.reason or "") if ended else None,
                        "terminationTypeId": None,
                        "terminationRehireId": None,
                    }
                )
        return jsonify(rows)

    return app


def connection(url: str) -> Connection:
    """What leads to the server at ``url``."""
    return Connection("hris_default", "http", url, schema="acme", password="sandbox-token")

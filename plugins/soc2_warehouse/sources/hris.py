"""BambooHR: employees and the dated history of their employment status.

Least permissions: an API key of a user whose access level may view the job and employment fields of all employees.
Cannot see: contractors outside the HR system, the hour at which an employment ends, fields its access level hides
(BambooHR leaves those out without a word, so a report without the fields asked for is incomplete).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from soc2_warehouse import http
from soc2_warehouse.connections import Connection
from soc2_warehouse.sources import Read, table

SOURCE = "hris"
CONNECTION = "hris_default"

FIELDS = [
    "id",
    "employeeNumber",
    "firstName",
    "lastName",
    "displayName",
    "workEmail",
    "status",
    "employmentHistoryStatus",
    "hireDate",
    "originalHireDate",
    "terminationDate",
    "location",
    "department",
    "jobTitle",
    "supervisorEId",
    "supervisor",
    "lastChanged",
]
NEEDED = ("id", "employeeNumber", "workEmail", "status", "hireDate", "terminationDate")


@dataclass
class Client:
    session: http.Session
    url: str
    company: str


def client(connection: Connection) -> Client:
    """A session for the company ``connection.schema`` with the API key as password (the user name of basic auth)."""
    session = http.session({"Accept": "application/json"})
    session.auth = (connection.password, "x")
    return Client(session, f"{connection.url}/api/gateway.php/{connection.schema}/v1", connection.schema)


def calls(client: Client) -> tuple[int, int, int]:
    return client.session.calls, client.session.throttled, client.session.errors


@table(kind="snapshot", key=("id",), query="POST /v1/reports/custom?format=JSON&onlyCurrent=false")
def employees(client: Client, read: Read) -> Iterator[Any]:
    """Active and inactive employees; without onlyCurrent=false future ends and hires would be hidden."""
    _introduce(client, read)
    read.parameter("fields", FIELDS)
    report = http.request(
        client.session,
        "POST",
        f"{client.url}/reports/custom",
        params={"format": "JSON", "onlyCurrent": "false"},
        json={"title": "SOC 2 evidence", "fields": FIELDS},
    ).json()
    records = report["employees"]
    read.page(len(records))
    missing = [name for name in NEEDED if records and not any(name in record for record in records)]
    if missing:
        read.incomplete(f"the report lacks {', '.join(missing)}: the key's access level hides these fields")
    yield from records


@table(kind="snapshot", key=("id",), query="GET /v1/employees/all/tables/employmentStatus")
def employment_status(client: Client, read: Read) -> Iterator[Any]:
    """The whole history: a termination in the window counts although the person has been rehired since."""
    _introduce(client, read)
    rows = http.get(client.session, f"{client.url}/employees/all/tables/employmentStatus").json()
    read.page(len(rows))
    known = {row.record["id"] for row in read.landed("employees")}
    strangers = {str(row["employeeId"]) for row in rows} - known
    without = known - {str(row["employeeId"]) for row in rows}
    if strangers:
        read.incomplete(f"status rows of employees whom the report lacks: {', '.join(sorted(strangers)[:10])}")
    read.parameter("employees_without_status", len(without))
    yield from rows


def _introduce(client: Client, read: Read) -> None:
    read.tenant(client.company)
    read.identity("API key (BambooHR does not tell whose)")

"""Privileges inside the sandbox company's databases, audited statements, and queries of personal data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.bursts import EXCESSES
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.exports import Export, Record
from soc2_warehouse.sandbox.rhythm import moment

SQL = ("instance", "cluster", "warehouse")
#: Databases that hold personal data, whose queries are logged.
PERSONAL = ("crm", "identity-main")


@dataclass(frozen=True)
class Login:
    """A privilege of a login that is no application's."""

    database: str
    login: str
    privilege: str
    schema: str | None = None
    table: str | None = None
    until: str | None = None


LOGINS = (
    # Read-only, and roles allow it. AC-05 and AC-07 near misses.
    Login("ledger-main", "kenji.watanabe", "SELECT", "public"),
    Login("payments-main", "hannah.brooks", "SELECT", "public", "payouts"),
    # WRITE_PRIVILEGE (AC-07), DENIED_PERMISSION_HELD (AC-05), EXCESS_PERMISSION (AC-04).
    Login("analytics-main", "yara.costa", "INSERT", "marts", until="2026-07-04T09:00"),
    # Reads customers: DENIED_PERMISSION_HELD (AC-05), EXCESS_PERMISSION (AC-04); read-only, so no matter of AC-07.
    Login("crm", "arjun.patel@acme.example", "SELECT", "public", "customers", until="2026-07-03T09:00"),
    # Nobody's: SHARED_LOGIN (AC-07).
    Login("crm", "support_team", "SELECT", "public", "tickets", until="2026-07-05T09:00"),
)
#: (when, database, login, class, object): by people; what applications run is of no interest to an auditor.
STATEMENTS = (
    ("2026-06-30T14:12:09", "ledger-main", "kenji.watanabe", "READ", "public.entries"),
    # WRITE_STATEMENT_BY_HUMAN (AC-07) and DENIED_PERMISSION_USED (AC-05).
    ("2026-07-02T16:40:31", "analytics-main", "yara.costa", "WRITE", "marts.daily"),
)


def application_login(plan: Any, now: datetime) -> str | None:
    """The login of a database's application while the database can be asked."""
    from soc2_warehouse.sandbox.aws.cloud import at

    if plan.kind in SQL and plan.exists(now) and at(plan.status, now) == "available":
        return f"app_{plan.name.replace('-', '_')}"
    return None


def exported(company: Company, now: datetime) -> Iterator[Export]:
    yield "db_grants", "grants", "snapshot", list(_grants(now))
    yield "db_audit", "statements", "event", list(_statements(now))
    yield "app_pii_access_log", "events", "event", list(_queries(now))


def _databases(now: datetime) -> dict[str, Any]:
    from soc2_warehouse.sandbox.aws.databases import DATABASES

    return {plan.name: plan for plan in DATABASES if application_login(plan, now)}


def _grants(now: datetime) -> Iterator[Record]:
    databases = _databases(now)
    for plan in databases.values():
        yield _grant(plan, application_login(plan, now), "OWNER")
    for login in LOGINS:
        if login.database in databases and (login.until is None or now < moment(login.until)):
            yield _grant(databases[login.database], login.login, login.privilege, login.schema, login.table)


def _grant(
    plan: Any, grantee: str | None, privilege: str, schema: str | None = None, table: str | None = None
) -> Record:
    return {
        "database_id": plan.arn,
        "grantee": grantee,
        "table_schema": schema,
        "table_name": table,
        "privilege_type": privilege,
        "with_grant_option": False,
    }


def _statements(now: datetime) -> Iterator[Record]:
    """Of the last two days, and a heartbeat of each database."""
    databases = _databases(now)
    for number, (when, database, login, kind, name) in enumerate(STATEMENTS, 1):
        if now - timedelta(days=2) <= moment(when) <= now:
            yield _statement(databases[database], f"st-{number:04}", moment(when), login, kind, name)
    beat = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for plan in databases.values():
        yield _statement(plan, f"hb-{beat:%Y%m%d}-{plan.name}", beat, None, "HEARTBEAT", None)


def _statement(plan: Any, event: str, when: datetime, login: str | None, kind: str, name: str | None) -> Record:
    return {
        "event_id": event,
        "database_id": plan.arn,
        "ts": when.isoformat(),
        "db_user": login,
        "statement_class": kind,
        "object": name,
    }


def _queries(now: datetime) -> Iterator[Record]:
    """Queries of personal data of the last week, and a heartbeat of each store."""
    stores = {name: plan for name, plan in _databases(now).items() if name in PERSONAL}
    store = stores["crm"]
    since = now - timedelta(days=7)
    for excess in EXCESSES:
        for number, at in enumerate(excess.moments(), 1):
            if since <= at <= now:
                yield _query(f"q-{excess.key}-{number:04}", at, store.arn, excess.account, excess.person)
    beat = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for plan in stores.values():
        yield _query(f"hb-{beat:%Y%m%d}-{plan.name}", beat, plan.arn, None, None)


def _query(event: str, when: datetime, store: str, account: str | None, person: str | None) -> Record:
    return {
        "event_id": event,
        "ts": when.isoformat(),
        "event_type": "query" if account else "heartbeat",
        "account": account,
        "person_id": person,
        "datastore_id": store,
        "query_id": f"sql-{event}" if account else None,
        "row_count": 1 if account else None,
    }

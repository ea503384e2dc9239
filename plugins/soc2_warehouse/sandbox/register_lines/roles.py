"""Who has which role in the sandbox company, and what rights in its systems mean as permissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from soc2_warehouse.sandbox import accounts_aws, accounts_okta
from soc2_warehouse.sandbox.company import PLATFORM, SECURITY, Company
from soc2_warehouse.sandbox.records import Person
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import local, moment

TECHNICAL = ("Engineering", "Platform", "Data", "Security")
#: Roles that are not what follows from department and cloud user: (role, from, until).
SPECIAL: dict[str, tuple[tuple[str, str | None, str | None], ...]] = {
    # EXCESS_PERMISSION (AC-04) until 2026-07-04 10:00: a developer whose cloud user may deploy; then it is lent, below.
    "E1018": (("developer", None, None),),
    # Changed roles on Thursday 2026-07-02; the old rights are due to go within a business day, and stayed until 07-05.
    "E1016": (
        ("senior_engineer", None, "2026-07-02T15:00"),
        ("developer", "2026-07-02T15:00", None),
        ("senior_engineer", "2026-07-05T10:00", None),
    ),
    # UNKNOWN_ROLE (AC-04) on 2026-07-03 and 2026-07-04.
    "E1009": (("admin", None, None), ("release_manager", "2026-07-02T09:00", "2026-07-04T16:00")),
}
#: (person, permission, from, until, ticket)
LENT = (("E1018", "deploy:production", "2026-07-04T10:00", "2026-08-31T22:00", "SEC-311"),)
#: The group of the data team stood in no line until then: UNMAPPED_ENTITLEMENT (AC-04).
DATA_MAPPED = moment("2026-07-05T12:00")

#: (system, entitlement, resource, permissions)
MAP = (
    ("aws_iam", "ecs:UpdateService", "*", ["deploy:production"]),
    ("aws_iam", "lambda:UpdateFunctionCode", "*", ["deploy:production"]),
    ("aws_iam", "logs:FilterLogEvents", "*", ["read:production-logs"]),
    ("aws_iam", "iam:PutRolePolicy", "*", ["manage:iam-roles"]),
    ("aws_iam", "rds-data:ExecuteStatement", "*", ["write:production-database"]),
    ("aws_iam", "dynamodb:PutItem", "*", ["write:production-database"]),
    ("aws_iam", "s3:GetObject", "arn:aws:s3:::acme-customer-*", ["access:customer-pii"]),
    ("aws_iam", "s3:List*", "*", []),
    ("aws_iam", "ec2:Describe*", "*", []),
    ("github", "role:admin", "*", ["write:development-environment", "deploy:staging"]),
    ("github", "role:write", "*", ["write:development-environment"]),
    ("github", "role:read", "*", []),
    ("okta", "group:AWS Production Access", "*", ["read:production-logs"]),
    *(("db_grants", name, "*", ["write:production-database"]) for name in ("INSERT", "UPDATE", "DELETE")),
    ("db_grants", "SELECT", "*", ["read:production-database"]),
    ("db_grants", "SELECT", "*/*.customers", ["access:customer-pii"]),
    *(("okta", f"group:{name}", "*", []) for name in ("Everyone", "Engineering", "Platform", "Security", "Business")),
)


def _roles(person: Person) -> tuple[tuple[str, str | None, str | None], ...]:
    """What follows from department and cloud user, where nothing special is planned."""
    if person.department not in TECHNICAL:
        return ()
    if person.ref not in accounts_aws.HUMANS:
        return (("developer", None, None),)
    return (("admin" if person.department in ("Platform", "Security") else "senior_engineer", None, None),)


def _role_assignments(company: Company, now: datetime) -> Iterator[Row]:
    for person in company.people:
        for spell in person.spells:
            start, end = local(spell.start, "00:00", person.tz), spell.end_effective_at(person.tz)
            for role, since, until in SPECIAL.get(person.ref, _roles(person)):
                row = _line(person.ref, moment(since) if since else start, moment(until) if until else end)
                # An end is known when it is announced; a start a week ahead.
                if spell.notified_at is not None and now < spell.notified_at and not until:
                    row["valid_to"] = None
                if row["valid_from"] - timedelta(days=7) <= now:
                    yield row | {"role": role}
    for ref, permission, since, until, ticket in LENT:
        if moment(since) <= now:
            yield _line(ref, moment(since), moment(until)) | {"permission": permission, "ticket": ticket}


def _line(ref: str, valid_from: datetime, valid_to: datetime | None) -> Row:
    approver = PLATFORM if ref == SECURITY else SECURITY
    return {"person_id": ref, "valid_from": valid_from, "valid_to": valid_to, "approved_by": approver}


def _permission_map(company: Company, now: datetime) -> Iterator[Row]:
    for source, entitlement, resource, permissions in MAP:
        yield {
            "source_id": source,
            "entitlement_pattern": entitlement,
            "resource_pattern": resource,
            "permissions": permissions,
        }
    if now >= DATA_MAPPED:
        name = accounts_okta.GROUPS["data"]
        yield {"source_id": "okta", "entitlement_pattern": f"group:{name}", "resource_pattern": "*"}


def changes(company: Company) -> Iterator[datetime]:
    """Arrivals and departures, and what is special."""
    for person in company.people:
        if person.department in TECHNICAL:
            for spell in person.spells:
                yield local(spell.start, "00:00", person.tz) - timedelta(days=7)
                if spell.notified_at is not None:
                    yield spell.notified_at
    for lines in SPECIAL.values():
        yield from (moment(since) - timedelta(days=7) for _, since, _ in lines if since)
    yield from (moment(since) for _, _, since, _, _ in LENT)
    yield DATA_MAPPED


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {
    "role_assignments": _role_assignments,
    "permission_map": _permission_map,
}

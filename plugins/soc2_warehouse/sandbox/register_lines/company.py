"""Register lines that follow from the sandbox company: accounts, contractors, stores, keys, the pipeline.

Each function yields a register's rows at a moment (aware UTC), by the columns of that register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from soc2_warehouse.sandbox import apps, emergencies, timetable
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.db_logins import application_login
from soc2_warehouse.sandbox.register_lines import Row

OWNER = "acme"
#: The company went through the classes of all its stores then.
CLASSES_REVIEWED = date(2026, 2, 2)
SERVICES_REVIEWED_UNTIL = date(2027, 2, 1)
#: Other days: due on the first day judged, and gone by the second (AC-20 REVIEW_OVERDUE from then on).
REVIEWS_DUE = {"svc-metrics": date(2026, 7, 1)}
#: Registered with less than it holds (AC-20 SCOPE_EXCEEDED); with a pattern that covers what it holds.
SCOPES = {"svc-mailer": ["s3:*"], "svc-backup": ["ec2:*", "s3:*"]}
REPOSITORY_OWNERS = {"infra": "E1007", "data-platform": "E1017", "docs": "E1029", "mobile": "E1014"}


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which one of these lines comes, changes or goes."""
    for line in (*company.service_accounts, *company.identity_overrides):
        yield from (moment for moment in (line.since, line.until, line.approved_at) if moment is not None)
    yield from emergencies.changes()
    for plan in _databases():
        yield from (moment for moment in (plan.created_at, plan.deleted_at) if moment is not None)
    yield from (when for plan in _keys() for when, _ in plan.manual)


def _contractors(company: Company, moment: datetime) -> Iterator[Row]:
    for person in company.people:
        for spell in person.spells:
            if spell.source == "contractors":
                yield {
                    "person_id": person.contractor_id,
                    "display_name": person.name,
                    "email": person.email,
                    "start_date": spell.start,
                    "end_date": spell.end,
                    "end_time": spell.end_time,
                    "tz": person.tz,
                    "manager_id": person.manager_number,
                    "notified_at": spell.notified_at,
                }


def _service_accounts(company: Company, moment: datetime) -> Iterator[Row]:
    from soc2_warehouse.sandbox.github.rest_org import APP_PERMISSIONS, APPS
    from soc2_warehouse.sandbox.register_lines.access_reviews import ACCOUNTS

    held = {account.account_id: account.permissions for kind in ACCOUNTS.values() for account in kind(company, moment)}
    for line in company.service_accounts:
        if line.listed(moment):
            yield {
                "source_id": line.source_id,
                "account_id": line.account_id,
                "login": line.login,
                "owner_id": line.owner,
                "purpose": line.reason,
                "registered_at": line.since,
                "permissions": SCOPES.get(line.login, list(held.get(line.account_id, ())) or ["[]"]),
                "review_due": REVIEWS_DUE.get(line.login, SERVICES_REVIEWED_UNTIL),
            }
    for slug, number in APPS:
        yield {
            "source_id": "github",
            "account_id": f"installation:{number}",
            "login": slug,
            "owner_id": "E1007",
            "purpose": "GitHub App",
            "permissions": [f"{name}:{level}" for name, level in APP_PERMISSIONS.items()],
            "review_due": SERVICES_REVIEWED_UNTIL,
        }
    for plan in _databases():
        if login := application_login(plan, moment):
            yield {
                "source_id": "db_grants",
                "account_id": login,
                "login": login,
                "owner_id": plan.owner,
                "purpose": f"the application of {plan.name}",
                "registered_at": plan.created_at,
                "permissions": [f"OWNER:{plan.name}"],
                "review_due": SERVICES_REVIEWED_UNTIL,
            }


def _identity_overrides(company: Company, moment: datetime) -> Iterator[Row]:
    for line in company.identity_overrides:
        if line.listed(moment):
            approver, approved_at = line.approval(moment) or (None, None)
            yield {
                "source_id": line.source_id,
                "account_id": line.account_id,
                "person_id": line.owner,
                "approved_by": approver,
                "approved_at": approved_at,
                "reason": line.reason,
            }


def _vendor_aliases(company: Company, moment: datetime) -> Iterator[Row]:
    # GitHub's own apps are GitHub; open-source libraries are no vendors and stand nowhere.
    for alias, vendor in (apps.ALIASES | {"dependabot": "V002", "copilot-swe-agent": "V002"}).items():
        yield {"alias": alias, "vendor_id": vendor}


def _internal_apps(company: Company, moment: datetime) -> Iterator[Row]:
    for label, reason in (apps.INTERNAL | {"acme-reviewer": "own bot that comments on pull requests"}).items():
        yield {"app_label": label, "reason": reason}


def _repositories(company: Company, moment: datetime) -> Iterator[Row]:
    for name in timetable.REPOS:
        yield {
            "full_name": f"{OWNER}/{name}",
            "in_scope": True,
            "release_branches": ["release/*"] if name == "payments" else [],
            "service": name if name in timetable.SERVICES else None,
            "owner_id": REPOSITORY_OWNERS.get(name, "E1005"),
        }


def _deploy_workflows(company: Company, moment: datetime) -> Iterator[Row]:
    for service in timetable.SERVICES:
        yield {"repo": f"{OWNER}/{service}", "path": ".github/workflows/deploy.yml"}


def _deploy_events(company: Company, moment: datetime) -> Iterator[Row]:
    for source, event, field in timetable.DEPLOY_EVENTS:
        yield {"event_source": source, "event_name": event, "service_field": field}


def _runner_ranges(company: Company, moment: datetime) -> Iterator[Row]:
    for cidr in timetable.RUNNER_RANGES:
        yield {"cidr": cidr, "note": "self-hosted runners of the pipeline"}


def _break_glass(company: Company, moment: datetime) -> Iterator[Row]:
    yield from emergencies.lines(moment)


def _data_stores(company: Company, moment: datetime) -> Iterator[Row]:
    from soc2_warehouse.sandbox.aws.backups import REQUIRED
    from soc2_warehouse.sandbox.aws.buckets import BUCKETS

    kinds = {"instance": "database", "cluster": "database"}
    for bucket in BUCKETS:
        if bucket.listed:
            yield _store(bucket.ref, "bucket", bucket.registered, bucket.owner, False)
    for plan in _databases():
        if plan.kind != "member" and plan.exists(moment):
            kind = kinds.get(plan.kind, plan.kind)
            yield _store(plan.arn, kind, plan.classification, plan.owner, plan.name in REQUIRED)


def _store(ref: str, kind: str, classification: str | None, owner: str, backup_required: bool) -> Row:
    return {
        "store_ref": ref,
        "kind": kind,
        "classification": classification,
        "owner_id": owner,
        "environment": "production",
        "backup_required": backup_required,
        "reviewed_on": CLASSES_REVIEWED,
    }


def _keys_register(company: Company, moment: datetime) -> Iterator[Row]:
    for plan in _keys():
        rotated = [record for record in plan.manual if record[0] <= moment]
        if rotated:
            when, evidence = max(rotated)
            yield {
                "key_arn": plan.arn,
                "manual_rotated_at": when.date(),
                "evidence_uri": evidence,
                "approver": "E1003",
            }
        elif plan.exempt:
            reason, approver = plan.exempt
            yield {"key_arn": plan.arn, "exempt_reason": reason, "approver": approver}


def _databases() -> tuple[Any, ...]:
    from soc2_warehouse.sandbox.aws.databases import DATABASES

    return DATABASES


def _keys() -> tuple[Any, ...]:
    from soc2_warehouse.sandbox.aws.keys import KEYS

    return KEYS


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {
    "contractors": _contractors,
    "service_accounts": _service_accounts,
    "identity_overrides": _identity_overrides,
    "vendor_aliases": _vendor_aliases,
    "internal_apps": _internal_apps,
    "repositories": _repositories,
    "deploy_workflows": _deploy_workflows,
    "deploy_events": _deploy_events,
    "runner_ranges": _runner_ranges,
    "break_glass": _break_glass,
    "data_stores": _data_stores,
    "keys": _keys_register,
}

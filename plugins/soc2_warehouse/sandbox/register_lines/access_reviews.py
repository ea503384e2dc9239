"""Access reviews of the sandbox company: what was reviewed, by whom, and what was decided.

Lines follow from the company's accounts at the snapshot, so that a review says what the servers said, but for what is
planted here. From 2026-Q2 on the lines of every review are kept; of the quarters before there are only a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from soc2_warehouse.sandbox import accounts_aws, accounts_github, accounts_okta
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.records import Person
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import DAY, moment

SECURITY, PLATFORM = "E1003", "E1007"
SIGN_IN = ("ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "PROVISIONED")
STALE = 30 * DAY
OLD_ACCOUNT = accounts_aws.aws_id("E1013")  # deleted in May; its name lives on in another user


@dataclass(frozen=True)
class Review:
    """One review. seconds: time spent on each line. signed: when, or None for never."""

    period: str
    system: str
    reviewer: str
    snapshot: datetime
    opened: datetime
    decided: datetime
    completed: datetime
    signed: datetime | None
    due: str
    seconds: int = 45

    @property
    def review_id(self) -> str:
        return f"AR-{self.period}-{self.system}"

    @property
    def source(self) -> str:
        return "aws_iam" if self.system == "aws" else self.system


def _past(period: str, system: str, due: str, snapshot: str, completed: str, signed: str | None) -> Review:
    done = moment(completed)
    at = moment(signed) if signed else None
    return Review(period, system, SECURITY, moment(snapshot), moment(snapshot), done, done, at, due)


PAST = (
    _past("2025-Q4", "okta", "2026-01-15", "2025-12-30T10:00", "2026-01-12T15:00", None),  # UNSIGNED
    _past(
        "2025-Q4", "aws", "2026-01-15", "2025-11-20T10:00", "2026-01-09T15:00", "2026-01-09T16:00"
    ),  # SNAPSHOT_TOO_OLD
    # SNAPSHOT_OUTSIDE_QUARTER
    _past("2025-Q4", "github", "2026-01-15", "2025-09-29T10:00", "2025-10-20T15:00", "2025-10-20T16:00"),
    # Half past eleven in the evening of the due date, in New York: in time.
    _past("2026-Q1", "okta", "2026-04-15", "2026-03-31T10:00", "2026-04-16T03:30", "2026-04-16T03:50"),
    _past("2026-Q1", "aws", "2026-04-15", "2026-03-31T10:00", "2026-04-17T15:00", "2026-04-17T16:00"),  # REVIEW_LATE
    # GitHub was not reviewed in 2026-Q1: REVIEW_MISSING.
)
#: First day of the next quarter; the quarter; the due date.
QUARTERS = (
    ("2026-07-01", "2026-Q2", "2026-07-15"),
    ("2026-10-01", "2026-Q3", "2026-10-15"),
    ("2027-01-01", "2026-Q4", "2027-01-15"),
    ("2027-04-01", "2027-Q1", "2027-04-15"),
)
# (system, reviewer, decisions begin and completion after 02:00 of the snapshot, seconds for each line)
ROUTINE = (
    ("okta", SECURITY, timedelta(hours=31), timedelta(hours=38), 45),
    ("aws", SECURITY, timedelta(hours=55), timedelta(hours=61), 60),
    ("github", PLATFORM, timedelta(hours=36), timedelta(hours=37), 40),
)


def reviews() -> Iterator[Review]:
    """Every review that ever was or will be."""
    yield from PAST
    for day, period, due in QUARTERS:
        snapshot = moment(f"{day}T02:00")
        for system, reviewer, decided, completed, seconds in ROUTINE:
            hasty = (period, system) == ("2026-Q2", "github")  # RUBBER_STAMP
            yield Review(
                period,
                system,
                reviewer,
                snapshot,
                snapshot + timedelta(hours=8),
                snapshot + decided,
                snapshot + completed,
                snapshot + completed + timedelta(minutes=30),
                due,
                1 if hasty else seconds,
            )


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which one of these lines comes or changes."""
    for review in reviews():
        yield from (at for at in (review.opened, review.completed, review.signed) if at is not None)


def _reviews(company: Company, now: datetime) -> Iterator[Row]:
    for review in reviews():
        if review.opened > now:
            continue
        signed = review.signed is not None and review.signed <= now
        yield {
            "review_id": review.review_id,
            "review_period": review.period,
            "system_id": review.system,
            "reviewer_id": review.reviewer,
            "snapshot_at": review.snapshot,
            "due_date": review.due,
            "completed_at": review.completed if review.completed <= now else None,
            "signed_by": review.reviewer if signed else None,
            "signed_at": review.signed if signed else None,
            "report_sha256": sha256(review.review_id.encode()).hexdigest() if signed else None,
        }


def _lines(company: Company, now: datetime) -> Iterator[Row]:
    for review in reviews():
        if review.opened > now:
            continue
        rows = _early(company, review) if review in PAST else _listed(company, review)
        for number, row in enumerate(rows, 1):
            row |= {"review_id": review.review_id, "line_no": number, "source_id": review.source}
            if review.completed > now:
                row |= dict.fromkeys(("decision", "decided_by", "decided_at", "reason", "removed_permissions"))
            yield row


def _early(company: Company, review: Review) -> Iterator[Row]:
    """The few lines that are left of the first quarter."""
    lines: dict[str, tuple[tuple[str, str | None, str | None], ...]] = {
        "okta": (
            # Left in April, is back since June on a new request.
            (accounts_okta.okta_id("E1049"), "revoke", "2026-04-14T15:00"),
            # Disabled in June, long after the deadline, and enabled again without a request.
            (accounts_okta.okta_id("E1054"), "revoke", "2026-04-14T15:05"),
        ),
        "aws": (
            (accounts_aws.aws_id("E1012"), "revoke", "2026-04-09T15:00"),  # still there
            (accounts_aws.aws_id("E1058"), "revoke", "2026-04-09T15:05"),  # deleted on 2026-07-04
            (accounts_aws.aws_id("E1019"), None, None),  # NO_DECISION
        ),
    }
    then = {account.account_id: account for account in ACCOUNTS[review.system](company, review.snapshot)}
    for account_id, decision, at in lines.get(review.system, ()) if review.period == "2026-Q1" else ():
        row = _row(company, review, then[account_id], 0)
        if decision is None:
            row["role"] = None  # FIELD_MISSING
        if account_id == accounts_aws.aws_id("E1012"):
            row["status"] = "active"  # STATUS_WRONG: not used since November
        row |= {
            "decision": decision,
            "decided_by": review.reviewer if decision else None,
            "decided_at": moment(at) if at else None,
            "reason": "no longer needed" if decision else None,
        }
        yield row


@dataclass(frozen=True)
class Account:
    account_id: str
    login: str
    person_key: str | None
    last_login: datetime | None
    permissions: tuple[str, ...]
    enabled: bool = True


def _listed(company: Company, review: Review) -> Iterator[Row]:
    planted = review.period == "2026-Q2"
    position = 0
    for account in ACCOUNTS[review.system](company, review.snapshot):
        suspended = account.account_id == accounts_okta.okta_id("E1038")
        if not account.enabled and not (planted and suspended):
            continue
        if planted and account.account_id == accounts_aws.aws_id("B10"):
            continue  # ACCOUNT_NOT_REVIEWED: emergency accounts are to be reviewed too
        row = _row(company, review, account, position)
        if planted:
            row |= _planted(account)
        position += 1
        yield row
        if planted and account.account_id == accounts_okta.okta_id("E1036"):
            yield dict(row)  # DUPLICATE_LINE
    if planted and review.system == "aws":
        ghost = Account(OLD_ACCOUNT, "maria.gomez", company.person("E1013").key, None, (), enabled=False)
        yield _row(company, review, ghost, position) | {"reason": "user of an earlier list"}  # PHANTOM_LINE


def _planted(account: Account) -> Row:
    okta = accounts_okta.okta_id
    found: dict[str, Row] = {
        okta("E1044"): {"reason": None},  # OVERRIDE_WITHOUT_REASON: on leave, review-needed, confirmed
        okta("E1047"): {"status": "active"},  # STATUS_WRONG: never signed in
        okta("E1038"): {"action_required": "confirm"},  # ACTION_WRONG: suspended
        str(accounts_github.MACHINE[1]): {"role": None},  # FIELD_MISSING
    }
    return found.get(account.account_id, {})


def _row(company: Company, review: Review, account: Account, position: int) -> Row:
    person = company.person(account.person_key) if account.person_key else None
    decided = review.decided + timedelta(seconds=review.seconds * position)
    active = account.last_login is not None and account.last_login > review.snapshot - STALE
    gone = person is not None and person.spell_at(decided) is None
    decision = "revoke" if gone or account.account_id == accounts_aws.aws_id("S19") else "confirm"
    reasons = [
        "has left" if gone else "" if decision == "confirm" else "no longer used",
        "known to be in use" if decision == "confirm" and not active else "",
        "holds nothing of its own" if not account.permissions else "",
    ]
    return {
        "account_id": account.account_id,
        "name": person.name if person else account.login,
        "role": person.title if person else "service",
        "last_login": account.last_login,
        "permissions": list(account.permissions) or ["[]"],
        "status": "active" if active else "review-needed",
        "action_required": "confirm" if account.enabled else "revoke",
        "decision": decision,
        "decided_by": _decider(review, person),
        "decided_at": decided,
        "reason": ", ".join(filter(None, reasons)) or None,
    }


def _decider(review: Review, person: Person | None) -> str:
    """The reviewer, but for their own account: that is for the other one. Once it was not."""
    # REVIEWER_NOT_INDEPENDENT
    careless = (review.period, review.system) == ("2026-Q2", "github")
    if person is None or person.ref != review.reviewer or careless:
        return review.reviewer
    return PLATFORM if review.reviewer == SECURITY else SECURITY


def _okta(company: Company, at: datetime) -> Iterator[Account]:
    for user in company.okta_users:
        if user.exists(at) and user.status(at)[1] != "DEPROVISIONED":
            held = [f"group:{accounts_okta.GROUPS[name]}" for name in user.groups]
            held += [f"admin:{role}" for role in user.admin_roles]
            enabled = user.status(at)[1] in SIGN_IN
            person = user.person_key if user.kind == "human" else None
            yield Account(user.user_id, user.login, person, user.last_login(at), tuple(held), enabled)


def _aws(company: Company, at: datetime) -> Iterator[Account]:
    from soc2_warehouse.sandbox.aws.users import actions_of, keys_of

    for user in company.aws_users:
        if user.exists(at):
            keys = keys_of(user, at)
            uses = [user.password_last_used(at), *(key.last_used(at) for key in keys)]
            last = max((use for use in uses if use is not None), default=None)
            enabled = user.password_enabled(at) or any(key.status(at) == "Active" for key in keys)
            yield Account(user.user_id, user.name, user.person_key, last, actions_of(user), enabled)


def _github(company: Company, at: datetime) -> Iterator[Account]:
    """GitHub tells of no sign-in: every line is review-needed, and confirmed with a reason."""
    for user in company.github_users:
        if user.member(at):
            yield Account(str(user.user_id), user.login, user.person_key, None, (f"org:{user.role}",))


ACCOUNTS: dict[str, Callable[[Company, datetime], Iterator[Account]]] = {"okta": _okta, "aws": _aws, "github": _github}


READING = "aws:policy:AmazonS3ReadOnlyAccess"
#: Requests for production access (AC-19): number, person, what, approver, when, until when.
GRANTED = (
    (15, "E1008", READING, "E1008", "2026-06-16T10:00", None),  # SELF_APPROVED
    (16, "E1016", READING, "E1005", "2026-06-24T10:00:01", None),  # APPROVED_AFTER_GRANT, by a second
    (17, "E1011", READING, "E1005", "2026-06-25T10:00", None),  # near miss: on the second
    (18, "C001", "github:repo:acme/payments", "E1007", "2026-06-09T10:00", "2026-07-02T12:00"),  # stays until 07-06
)


def _requests(company: Company, now: datetime) -> Iterator[Row]:
    yield {
        "request_id": "AQ-2026-014",
        "person_id": "E1049",
        "entitlement": "okta",
        "requested_at": moment("2026-05-20T09:00"),
        "approver_id": "E1026",
        "approved_at": moment("2026-05-22T14:00"),
    }
    # Asked for, never approved: no ground for an account that came back.
    yield {
        "request_id": "AQ-2026-019",
        "person_id": "E1054",
        "entitlement": "okta",
        "requested_at": moment("2026-06-24T09:00"),
    }
    for number, person, entitlement, approver, approved, until in GRANTED:
        if moment(approved) <= now:
            yield {
                "request_id": f"AQ-2026-{number:03}",
                "person_id": person,
                "entitlement": entitlement,
                "requested_at": moment(approved) - timedelta(hours=20),
                "approver_id": approver,
                "approved_at": moment(approved),
                "expires_at": moment(until) if until else None,
            }


LINES: dict[str, Callable[[Company, datetime], Iterator[dict[str, Any]]]] = {
    "access_reviews": _reviews,
    "access_review_lines": _lines,
    "access_requests": _requests,
}

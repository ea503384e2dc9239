"""The identity provider's System Log: what happened to and through accounts, in the published event shapes.

Events exist for as long as the provider keeps them (90 days), and a few arrive late, as they do in reality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from soc2_warehouse.sandbox.bursts import BURSTS, Burst
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.records import Factor, OktaUser
from soc2_warehouse.sandbox.rhythm import chance

RETENTION = timedelta(days=90)
LATE = timedelta(hours=3)

STATUS_EVENTS = {
    ("STAGED", "PROVISIONED"): ("user.lifecycle.activate", "Activate Okta user"),
    ("STAGED", "ACTIVE"): ("user.lifecycle.activate", "Activate Okta user"),
    ("PROVISIONED", "ACTIVE"): ("user.account.update_password", "User update password for Okta"),
    ("DEPROVISIONED", "ACTIVE"): ("user.lifecycle.activate", "Activate Okta user"),
    ("SUSPENDED", "ACTIVE"): ("user.lifecycle.unsuspend", "Unsuspend Okta user"),
    ("LOCKED_OUT", "ACTIVE"): ("user.account.unlock", "Unlock Okta user"),
    ("PASSWORD_EXPIRED", "ACTIVE"): ("user.account.update_password", "User update password for Okta"),
}
ENTERED = {
    "DEPROVISIONED": ("user.lifecycle.deactivate", "Deactivate Okta user"),
    "SUSPENDED": ("user.lifecycle.suspend", "Suspend Okta user"),
    "LOCKED_OUT": ("user.account.lock", "Max sign in attempts exceeded"),
    "PASSWORD_EXPIRED": ("user.account.expire_password", "Expire user's password"),
}
FACTOR_NAMES = {
    "push": "OKTA_VERIFY_PUSH",
    "webauthn": "FIDO2_WEBAUTHN",
    "sms": "SMS_FACTOR",
    "question": "OKTA_QUESTION",
}


@dataclass(frozen=True)
class Stranger:
    """Who typed a login that is nobody's."""

    login: str
    user_id: str = "unknown"
    first: str = "unknown"
    last: str = "unknown"


@dataclass(frozen=True)
class Happening:
    """One event before it is written out; the actor is an administrator, ``actor`` or the user."""

    at: datetime
    type: str
    message: str
    user: OktaUser | Stranger
    by_admin: bool = True
    result: str = "SUCCESS"
    reason: str | None = None
    actor: OktaUser | None = None

    @property
    def uuid(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.type}|{self._who}|{self.at.isoformat()}"))

    @property
    def _who(self) -> str:
        return self.user.login if isinstance(self.user, Stranger) else self.user.user_id

    @property
    def arrives_at(self) -> datetime:
        """When the log shows it. Lifecycle events are prompt; one sign-in in a hundred is late."""
        late = not self.by_admin and chance("late", self.uuid) < 0.01
        return self.at + LATE if late else self.at


def iso(at: datetime | None) -> str | None:
    """An instant as the provider writes it, or null."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z" if at else None


def happenings(company: Company, since: datetime, until: datetime) -> list[Happening]:
    """Everything in [since, until), oldest first."""
    found: list[Happening] = []
    for user in company.okta_users:
        found += (event for event in _lifecycle(user) if since <= event.at < until)
        found += _sign_ins(user, since, until)
    found += (event for burst in BURSTS for event in _burst(company, burst) if since <= event.at < until)
    return sorted(found, key=lambda event: (event.at, event.uuid))


def _lifecycle(user: OktaUser) -> Iterator[Happening]:
    yield Happening(user.created_at, "user.lifecycle.create", "Create Okta user", user)
    for (_, before), (at, after) in zip(user.statuses, user.statuses[1:], strict=False):
        name, message = ENTERED.get(after) or STATUS_EVENTS[(before, after)]
        own = name in ("user.account.update_password", "user.account.lock")
        yield Happening(at, name, message, user, by_admin=not own)
    for factor in user.factors:
        yield from _enrolment(user, factor)
    if user.deleted_at is not None:
        yield Happening(user.deleted_at, "user.lifecycle.delete.initiated", "Delete Okta user initiated", user)


def _enrolment(user: OktaUser, factor: Factor) -> Iterator[Happening]:
    name = FACTOR_NAMES.get(factor.type, factor.type.upper())
    for at, status in factor.statuses:
        if status == "ACTIVE":
            yield Happening(at, "user.mfa.factor.activate", "Activate factor for user", user, False, reason=name)
    if factor.removed_at is not None:
        message = "Reset factor for user"
        yield Happening(factor.removed_at, "user.mfa.factor.deactivate", message, user, reason=name)


def _sign_ins(user: OktaUser, since: datetime, until: datetime) -> Iterator[Happening]:
    minute = timedelta(minutes=1)
    for at in user.sign_ins(since - minute, until + minute):
        mistyped = chance("mistyped", user.user_id, at) < 0.05
        if mistyped and since <= at - minute < until:
            yield Happening(
                at - minute, "user.session.start", "User login to Okta", user, False, "FAILURE", "INVALID_CREDENTIALS"
            )
        if since <= at < until:
            yield Happening(at, "user.session.start", "User login to Okta", user, False)
        proved = at + timedelta(seconds=4)
        if user.factors and since <= proved < until:
            yield Happening(proved, "user.authentication.auth_via_mfa", "Authentication of user via MFA", user, False)


def _burst(company: Company, burst: Burst) -> Iterator[Happening]:
    """Failed sign-ins, and the lock that followed; a lock in the midst of them makes the rest fail for that."""
    users = {user.login: user for user in company.okta_users}
    user = users.get(burst.login) or Stranger(burst.login)
    last = burst.at(burst.seconds[-1])
    locked_at = last + timedelta(minutes=burst.locked) if burst.locked is not None else None
    for at in burst.failures():
        reason = "LOCKED_OUT" if locked_at is not None and at > locked_at else "INVALID_CREDENTIALS"
        yield Happening(at, "user.session.start", "User login to Okta", user, False, "FAILURE", reason)
    if locked_at is not None:
        yield Happening(locked_at, "user.account.lock", "Max sign in attempts exceeded", user, False)
    if burst.unlocked is not None:
        number = burst.unlocker
        helper = next(one for one in company.okta_users if one.employee_number == number)
        at = last + timedelta(minutes=burst.unlocked)
        yield Happening(at, "user.account.unlock", "Unlock Okta user", user, False, actor=helper)


def _principal(user: OktaUser | Stranger) -> dict[str, Any]:
    return {
        "id": user.user_id,
        "type": "User",
        "alternateId": user.login,
        "displayName": f"{user.first} {user.last}",
        "detailEntry": None,
    }


def written(event: Happening, admin: OktaUser) -> dict[str, Any]:
    """The event as the API answers it."""
    actor = event.actor or (admin if event.by_admin and event.user is not admin else event.user)
    address = f"203.0.113.{1 + int(chance('address', actor.user_id) * 250)}"
    return {
        "actor": _principal(actor),
        "client": {
            "userAgent": {
                "rawUserAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
                "os": "Mac OS X",
                "browser": "CHROME",
            },
            "zone": "null",
            "device": "Computer",
            "id": None,
            "ipAddress": address,
            "geographicalContext": None,
        },
        "device": None,
        "authenticationContext": {
            "authenticationProvider": None,
            "credentialProvider": None,
            "credentialType": None,
            "issuer": None,
            "interface": None,
            "authenticationStep": 0,
            "externalSessionId": f"102{event.uuid[:13]}",
        },
        "displayMessage": event.message,
        "eventType": event.type,
        "outcome": {"result": event.result, "reason": event.reason},
        "published": iso(event.at),
        "securityContext": {"asNumber": None, "asOrg": None, "isp": None, "domain": None, "isProxy": None},
        "severity": "INFO" if event.result == "SUCCESS" else "WARN",
        "debugContext": {"debugData": {"requestUri": "/api/v1/authn"}},
        "legacyEventType": None,
        "transaction": {"type": "WEB", "id": f"W{event.uuid[:20]}", "detail": {}},
        "uuid": event.uuid,
        "version": "0",
        "request": {"ipChain": [{"ip": address, "geographicalContext": None, "version": "V4", "source": None}]},
        "target": None if event.type == "user.session.start" else [_principal(event.user)],
    }

"""The nouns of the sandbox company: people, employment, accounts, apps.

Everything is immutable and dated. A state is asked for with a moment (aware UTC); nothing here reads a clock.
An open end is ``None``; an instant is an aware UTC datetime; a date is a local date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from soc2_warehouse.sandbox.rhythm import Rhythm, local


@dataclass(frozen=True)
class Spell:
    """One employment or contract. ``end`` is the last day; ``end_time`` is known for contracts only.

    ``notified_at``: when the end was entered; the source does not show the end before.
    """

    start: date
    end: date | None = None
    end_reason: str | None = None
    notified_at: datetime | None = None
    source: str = "hris"
    end_time: str | None = None

    def end_effective_at(self, zone: str) -> datetime | None:
        """The instant the end took effect: end of the day (or ``end_time``) in the person's zone."""
        return local(self.end, self.end_time or "23:59:59", zone) if self.end else None


@dataclass(frozen=True)
class Person:
    """A human being. ``key`` is the warehouse's person key; ``ref`` is what registers write as owner."""

    key: str
    employee_number: str | None
    contractor_id: str | None
    first: str
    last: str
    email: str
    kind: str
    location: str
    tz: str
    manager_number: str | None
    department: str
    title: str
    spells: tuple[Spell, ...]
    leave: tuple[tuple[date, date | None], ...] = ()
    duplicate_of: str | None = None
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None

    @property
    def ref(self) -> str:
        return self.employee_number or self.contractor_id or self.key

    @property
    def hris_id(self) -> str | None:
        """The HR system's own id, which is not the employee number."""
        return self.key.removeprefix("hris:") if self.key.startswith("hris:") else None

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    def spell_at(self, now: datetime) -> Spell | None:
        """The spell that runs at ``now``."""
        for spell in self.spells:
            ended = spell.end_effective_at(self.tz)
            if local(spell.start, "00:00", self.tz) <= now and (ended is None or now <= ended):
                return spell
        return None


@dataclass(frozen=True)
class Factor:
    """An enrolled second factor with dated statuses; gone from the API after ``removed_at``."""

    factor_id: str
    type: str
    provider: str
    statuses: tuple[tuple[datetime, str], ...]
    removed_at: datetime | None = None

    @property
    def created_at(self) -> datetime:
        return self.statuses[0][0]


@dataclass(frozen=True)
class OktaUser:
    """An account at the identity provider. ``deleted_at``: from then on no listing shows it."""

    user_id: str
    login: str
    email: str
    employee_number: str | None
    person_key: str | None
    first: str
    last: str
    created_at: datetime
    activated_at: datetime | None
    statuses: tuple[tuple[datetime, str], ...]
    rhythm: Rhythm
    factors: tuple[Factor, ...] = ()
    factors_denied: int | None = None
    deleted_at: datetime | None = None
    kind: str = "human"
    groups: tuple[str, ...] = ()
    admin_roles: tuple[str, ...] = ()

    def exists(self, now: datetime) -> bool:
        return self.created_at <= now and (self.deleted_at is None or now < self.deleted_at)

    def status(self, now: datetime) -> tuple[datetime, str]:
        """(since when, status) at ``now``."""
        return [entry for entry in self.statuses if entry[0] <= now][-1]

    def last_login(self, now: datetime) -> datetime | None:
        return self.rhythm.last(now)

    def sign_ins(self, since: datetime, until: datetime) -> Iterator[datetime]:
        return self.rhythm.between(since, until)


@dataclass(frozen=True)
class AccessKey:
    """A long-lived cloud key; shown until ``deleted_at``, usable until ``deactivated_at``."""

    access_key_id: str
    created_at: datetime
    deactivated_at: datetime | None
    deleted_at: datetime | None
    rhythm: Rhythm

    def exists(self, now: datetime) -> bool:
        return self.created_at <= now and (self.deleted_at is None or now < self.deleted_at)

    def status(self, now: datetime) -> str:
        return "Inactive" if self.deactivated_at is not None and self.deactivated_at <= now else "Active"

    def last_used(self, now: datetime) -> datetime | None:
        return self.rhythm.last(now)

    def uses(self, since: datetime, until: datetime) -> Iterator[datetime]:
        return self.rhythm.between(since, until)


@dataclass(frozen=True)
class AwsUser:
    """An IAM user. ``name`` may recur (deleted and created again); ``user_id`` never does."""

    name: str
    user_id: str
    person_key: str | None
    created_at: datetime
    kind: str
    rhythm: Rhythm
    has_password: bool = True
    mfa: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    keys: tuple[AccessKey, ...] = ()
    deleted_at: datetime | None = None
    login_profile_deleted_at: datetime | None = None

    def exists(self, now: datetime) -> bool:
        return self.created_at <= now and (self.deleted_at is None or now < self.deleted_at)

    def password_enabled(self, now: datetime) -> bool:
        gone = self.login_profile_deleted_at
        return self.has_password and self.exists(now) and (gone is None or now < gone)

    def password_last_used(self, now: datetime) -> datetime | None:
        """The newest console sign-in; None reads ``no_information`` in the credential report."""
        return self.rhythm.last(now) if self.has_password else None

    def console_sign_ins(self, since: datetime, until: datetime) -> Iterator[datetime]:
        return self.rhythm.between(since, until) if self.has_password else iter(())


@dataclass(frozen=True)
class GithubUser:
    """A GitHub account as the organisation sees it.

    role: ``admin`` | ``member`` | ``outside_collaborator`` | ``app`` (a bot acts, but is nobody's member).
    quiet_since: no activity of any kind at or after this instant; equal to ``joined_at`` when there never was any.
    """

    user_id: int
    login: str
    person_key: str | None
    role: str
    joined_at: datetime
    removed_at: datetime | None = None
    saml_name_id: str | None = None
    kind: str = "human"
    quiet_since: datetime | None = None

    def member(self, now: datetime) -> bool:
        return self.role != "app" and self.joined_at <= now and (self.removed_at is None or now < self.removed_at)


@dataclass(frozen=True)
class App:
    """An application connected to the identity provider. kind: ``vendor`` | ``internal``."""

    app_id: str
    label: str
    created_at: datetime
    vendor_id: str | None
    kind: str = "vendor"
    sign_on_mode: str = "SAML_2_0"
    deactivated_at: datetime | None = None

    def status(self, now: datetime) -> str:
        return "INACTIVE" if self.deactivated_at is not None and self.deactivated_at <= now else "ACTIVE"


@dataclass(frozen=True)
class Registered:
    """A line of a register about an account, in the file from ``since`` until ``until``.

    owner: employee number or contractor id. approved_at: when ``approved_by`` approved; the cells are empty before.
    """

    source_id: str
    account_id: str
    login: str
    owner: str
    reason: str
    since: datetime
    until: datetime | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None

    def listed(self, now: datetime) -> bool:
        return self.since <= now and (self.until is None or now < self.until)

    def approval(self, now: datetime) -> tuple[str, datetime] | None:
        """(approver, when), or None while the line awaits approval."""
        if self.approved_by is None or self.approved_at is None or now < self.approved_at:
            return None
        return self.approved_by, self.approved_at

"""Accounts at the identity provider, derived from the cast, with what is special about some of them.

Each table names the person and says in its comment what the entry plants.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from soc2_warehouse.sandbox.cast import DOMAIN
from soc2_warehouse.sandbox.factors import FACTORS_DENIED, Statuses, dated, factors
from soc2_warehouse.sandbox.records import Factor, OktaUser, Person
from soc2_warehouse.sandbox.rhythm import Rhythm, local, moment

# Replaces everything after the first activation.
LATER_STATUSES: dict[str, Statuses] = {
    # Can come back, so they stay in the population: locked without a factor; expired password with one.
    "E1034": dated(("2026-06-28T18:00", "LOCKED_OUT"), ("2026-07-07T16:00", "ACTIVE")),
    "E1037": dated(("2026-06-25T07:00", "PASSWORD_EXPIRED"), ("2026-07-10T07:00", "ACTIVE")),
    # Cannot sign in: excluded, not passed.
    "E1038": dated(("2026-06-01T09:00", "SUSPENDED")),
    "E1045": dated(("2026-07-05T09:00", "SUSPENDED")),
    # Disabled on time, enabled again for a second employment: no reactivation without a spell.
    "E1049": dated(("2026-04-17T21:30", "DEPROVISIONED"), ("2026-06-01T12:30", "ACTIVE")),
    # Three days late.
    "E1052": dated(("2026-06-15T14:00", "DEPROVISIONED")),
    # Forgotten until 2026-07-03.
    "E1053": dated(("2026-07-03T14:00", "DEPROVISIONED")),
    # Enabled again without a new employment.
    "E1054": dated(
        ("2026-06-05T14:00", "DEPROVISIONED"), ("2026-06-25T09:00", "ACTIVE"), ("2026-07-02T09:00", "DEPROVISIONED")
    ),
    # Late, and used after the deadline.
    "E1056": dated(("2026-05-18T20:00", "DEPROVISIONED")),
    # Suspended on time; the later deactivation moves statusChanged beyond the deadline.
    "E1060": dated(("2026-06-22T15:00", "SUSPENDED"), ("2026-06-29T09:00", "DEPROVISIONED")),
    # 23 h 50 min after the end of the day in Berlin.
    "E1061": dated(("2026-06-19T21:50", "DEPROVISIONED")),
    # An hour after HR entered the back-dated end, a week after the end.
    "E1062": dated(("2026-06-22T16:00", "DEPROVISIONED")),
    # Late during the sandbox's own time.
    "E1064": dated(("2026-07-06T13:00", "DEPROVISIONED")),
    # On time and then deleted: no listing shows the account from 2026-07-02T18:00 on.
    "E1065": dated(("2026-07-01T21:00", "DEPROVISIONED")),
    # 23 h 30 min (spring) and 24 h 30 min (autumn) of elapsed time across a clock change.
    "E1066": dated(("2026-03-09T04:30", "DEPROVISIONED")),
    "E1067": dated(("2026-11-02T04:30", "DEPROVISIONED")),
    # Contracts ended at 17:00 local: removed within 24 hours; removed 15 hours too late.
    "C005": dated(("2026-06-27T10:00", "DEPROVISIONED")),
    "C006": dated(("2026-06-26T08:00", "DEPROVISIONED")),
}

# (created, provisioned or None, active): first days that are not routine.
ARRIVALS: dict[str, tuple[str, str | None, str]] = {
    # STAGED until the first day.
    "E1039": ("2026-06-30T09:00", None, "2026-07-20T07:30"),
    # Invited but never enrolled for longer than the 14 days of grace; within the grace.
    "E1040": ("2026-06-05T14:00", "2026-06-10T13:00", "2026-07-05T14:00"),
    "E1041": ("2026-06-22T09:00", "2026-06-25T08:00", "2026-07-02T09:00"),
    # The account of the contract lives on in the employment.
    "E1050": ("2025-05-30T08:00", None, "2025-06-02T07:00"),
}
DELETED = {"E1065": "2026-07-02T18:00"}

# Times without sign-in that the status does not explain.
PAUSES: dict[str, tuple[tuple[str, str | None], ...]] = {
    "E1044": (("2026-05-01T20:00", "2026-09-01T06:00"),),  # on leave
    "E1045": (("2026-05-29T20:00", None),),
    "E1046": (("2026-06-02T09:00", "2026-07-06T06:00"),),
    "E1047": (("2026-05-11T00:00", "2026-07-13T08:00"),),  # never signed in for two months
    "E1048": (("2026-06-15T00:00", "2026-07-10T12:00"),),  # never signed in, but young
}
EXTRA: dict[str, tuple[str, ...]] = {
    "E1040": ("2026-07-05T14:15",),
    "E1041": ("2026-07-02T09:10",),
    "E1044": ("2026-09-01T07:30",),
    "E1045": ("2026-06-01T02:00",),  # exactly 30 x 24 h before the first judgement
    "E1046": ("2026-06-02T10:00",),  # 29 days before it: stale from 2026-07-03
    "E1047": ("2026-07-13T09:00",),
    "E1048": ("2026-07-10T13:00",),
    "E1054": ("2026-06-05T13:30",),
    "E1056": ("2026-05-18T17:00",),
}

# Addresses that differ from the person's in a way that matching must see through, or must not care about.
OKTA_EMAILS = {
    "E1013": "maria.gomez@acme-inc.example",  # alias domain; matched by employee number
    "C001": "Ana.Duarte@ACME.example",  # case
    "C002": f"boris.klein+okta@{DOMAIN}",  # plus address
}
# Renamed at departure so that the new hire could have the login.
OKTA_LOGINS = {"E1012": f"alex.kim.left@{DOMAIN}", "C002": f"boris.klein@{DOMAIN}", "C001": f"ana.duarte@{DOMAIN}"}
NO_ACCOUNT = {"E1057", "E1059"}  # facilities without a computer; the duplicate HR record

ADMINS = {"E1021": ("SUPER_ADMIN",), "E1022": ("SUPER_ADMIN", "HELP_DESK_ADMIN"), "E1003": ("READ_ONLY_ADMIN",)}
GROUPS = {
    "everyone": "Everyone",
    "engineering": "Engineering",
    "platform": "Platform",
    "data": "Data",
    "security": "Security",
    "business": "Business",
    "aws-production": "AWS Production Access",
}
_DEPARTMENT_GROUPS = {"Engineering": "engineering", "Platform": "platform", "Data": "data", "Security": "security"}


def okta_id(ref: str) -> str:
    """The user id of a person's (or service's) first account."""
    return f"00uacme{ref:0>13}"


def _groups(person: Person) -> tuple[str, ...]:
    team = _DEPARTMENT_GROUPS.get(person.department, "business")
    production = ("aws-production",) if team in ("platform", "security") else ()
    return ("everyone", team, *production)


def leaving_at(person: Person, clock: str = "17:30") -> datetime | None:
    """When a well-run offboarding disables the person's accounts: on the last day, before its end."""
    last = person.spells[-1]
    if last.end is None:
        return None
    return local(last.end, min(clock, last.end_time or clock), person.tz)


def _statuses(person: Person, created: datetime, active: datetime) -> Statuses:
    planned = ARRIVALS.get(person.ref)
    provisioned = moment(planned[1]) if planned and planned[1] else None
    first: Statuses = ((created, "STAGED"), *(((provisioned, "PROVISIONED"),) if provisioned else ()))
    leaving = leaving_at(person)
    default: Statuses = ((leaving, "DEPROVISIONED"),) if leaving else ()
    return (*first, (active, "ACTIVE"), *LATER_STATUSES.get(person.ref, default))


def pauses_between_spells(person: Person) -> list[tuple[datetime, datetime | None]]:
    """From the end of each spell to the start of the next."""
    pauses: list[tuple[datetime, datetime | None]] = []
    for place, spell in enumerate(person.spells):
        ended = spell.end_effective_at(person.tz)
        if ended is not None:
            follows = person.spells[place + 1] if place + 1 < len(person.spells) else None
            pauses.append((ended, local(follows.start, "00:00", person.tz) if follows else None))
    return pauses


def _unusable(statuses: Statuses) -> list[tuple[datetime, datetime | None]]:
    ends = [at for at, _ in statuses[1:]]
    return [(at, end) for (at, status), end in zip(statuses, [*ends, None], strict=True) if status != "ACTIVE"]


def _user(person: Person, seed: int) -> OktaUser:
    ref = person.ref
    start = person.spells[0].start
    planned = ARRIVALS.get(ref)
    created = moment(planned[0]) if planned else local(start - timedelta(days=3), "10:00", person.tz)
    active = moment(planned[2]) if planned else local(start, "08:00", person.tz)
    statuses = _statuses(person, created, active)
    pauses = [*_unusable(statuses), *pauses_between_spells(person)]
    pauses += [(moment(first), moment(last) if last else None) for first, last in PAUSES.get(ref, ())]
    return OktaUser(
        user_id=okta_id(ref),
        login=OKTA_LOGINS.get(ref, person.email),
        email=OKTA_EMAILS.get(ref, person.email),
        employee_number=person.employee_number,
        person_key=person.key,
        first=person.first,
        last=person.last,
        created_at=created,
        activated_at=moment(planned[1]) if planned and planned[1] else active,
        statuses=statuses,
        rhythm=Rhythm(
            f"{seed}|okta|{ref}",
            person.tz,
            active,
            pauses=tuple(pauses),
            extra=tuple(map(moment, EXTRA.get(ref, ()))),
        ),
        factors=factors(person, active + timedelta(minutes=20)),
        factors_denied=FACTORS_DENIED.get(ref),
        deleted_at=moment(DELETED[ref]) if ref in DELETED else None,
        groups=_groups(person),
        admin_roles=ADMINS.get(ref, ()),
    )


def _other(ref: str, login: str, name: str, created: str, kind: str, rhythm: Rhythm, factor: str | None) -> OktaUser:
    at = moment(created)
    first, last = name.split(" ", 1)
    enrolled = (Factor(f"fct{ref}{1:0>12}", factor, "FIDO", ((at, "ACTIVE"),)),) if factor else ()
    return OktaUser(
        okta_id(ref),
        login,
        login,
        None,
        None,
        first,
        last,
        at,
        at,
        ((at, "ACTIVE"),),
        rhythm,
        enrolled,
        kind=kind,
        groups=("everyone",),
    )


def _others(seed: int) -> tuple[OktaUser, ...]:
    """Accounts with nobody of the cast behind them."""

    def daily(ref: str, start: str) -> Rhythm:
        return Rhythm(f"{seed}|okta|{ref}", "UTC", moment(start), share=1.0, hour=3, weekends=True)

    drills = ("2026-06-15T09:00", "2026-09-07T09:00", "2026-12-01T09:00", "2027-02-22T09:00", "2027-05-17T09:00")
    drill = Rhythm("break-glass", "UTC", moment("2025-01-06T09:00"), quiet=True, extra=tuple(map(moment, drills)))
    auditor = Rhythm(f"{seed}|okta|P01", "Europe/London", moment("2026-05-04T08:00"), share=0.6)
    return (
        # Registered service: excluded from the people's controls although it has no factor.
        _other(
            "S01",
            f"svc-hris-sync@{DOMAIN}",
            "Service HRIS-Sync",
            "2025-02-03T09:00",
            "service",
            daily("S01", "2025-02-03T09:00"),
            None,
        ),
        # Not registered before 2026-07-06: counted as a person, without factor and without owner.
        _other(
            "S02",
            f"svc-reporting@{DOMAIN}",
            "Service Reporting",
            "2025-11-10T09:00",
            "service",
            daily("S02", "2025-11-10T09:00"),
            None,
        ),
        _other("B01", f"break-glass@{DOMAIN}", "Break Glass", "2025-01-06T09:00", "break_glass", drill, "webauthn"),
        # A guest of a partner whom no register knows.
        _other("P01", "j.holt@ledger-partners.example", "Jamie Holt", "2026-05-04T08:00", "human", auditor, "webauthn"),
    )


def okta_users(people: tuple[Person, ...], seed: int) -> tuple[OktaUser, ...]:
    """Every account the identity provider ever had."""
    return (*(_user(person, seed) for person in people if person.ref not in NO_ACCOUNT), *_others(seed))

"""IAM users of the sandbox's AWS account, derived from the cast, with what is special about some of them.

Keys rotate in a chain (a new one every 60 to 80 days, two days of overlap) unless a plan below says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from soc2_warehouse.sandbox.accounts_okta import leaving_at, pauses_between_spells
from soc2_warehouse.sandbox.cast import refs
from soc2_warehouse.sandbox.records import AccessKey, AwsUser, Person
from soc2_warehouse.sandbox.rhythm import DAY, Rhythm, chance, local, moment

HUMANS = refs(
    "E1003 E1005 E1006 E1007 E1008 E1009 E1010 E1011 E1012 E1013 E1014 E1015 E1016 E1017 E1018 E1019 E1020 "
    "E1031 E1043 E1050 E1058 E1065 E1073 C001 C008"
)
WITH_KEYS = refs("E1006 E1007 E1008 E1009 E1010 E1011 E1018 E1020 E1050 E1065 E1073 C001")
HORIZON = moment("2027-07-31T00:00")


@dataclass(frozen=True)
class PlannedKey:
    """A key outside the routine. ``pause``: no use from then on; ``extra``: single uses; ``quiet``: only those."""

    created: str
    deactivated: str | None = None
    deleted: str | None = None
    first_use: str | None = None
    extra: tuple[str, ...] = ()
    quiet: bool = False


# (planned keys, when the routine chain begins or None for never). Ages are days at 2026-07-01T02:00.
KEYS: dict[str, tuple[tuple[PlannedKey, ...], str | None]] = {
    # Rotation under way: two active keys, 61 and 2 days old. AC-18 near miss.
    "E1006": (
        (PlannedKey("2026-05-01T09:00", "2026-07-03T09:00", "2026-07-04T09:00"),),
        "2026-06-29T09:00",
    ),
    # A new key that nobody has used yet. AC-03 and AC-18 near miss: 2.7 days old; first use on 2026-07-20.
    "E1011": (
        (PlannedKey("2026-06-28T09:00", "2026-09-10T09:00", "2026-09-11T09:00", first_use="2026-07-20T03:00"),),
        "2026-09-08T09:00",
    ),
    # STALE_CREDENTIAL (AC-03) and UNUSED_KEY (AC-18): console in daily use, key idle since 2026-05-10; 71.7 days old.
    "E1016": (
        (
            PlannedKey(
                "2026-04-20T09:00", "2026-07-06T10:00", "2026-07-07T10:00", extra=("2026-05-10T12:00",), quiet=True
            ),
        ),
        None,
    ),
    # Inactive, 172 days old: not an active key. AC-18 near miss.
    "E1017": ((PlannedKey("2026-01-10T09:00", "2026-04-07T09:00", "2026-09-30T09:00"),), None),
    # KEY_TOO_OLD (AC-18): 102.7 days, in use; replaced on 2026-07-06.
    "E1018": ((PlannedKey("2026-03-20T09:00", "2026-07-06T12:00", "2026-07-07T09:00"),), "2026-07-06T09:00"),
    # 86.7 days and replaced before the 90th. AC-18 near miss.
    "E1020": ((PlannedKey("2026-04-05T09:00", "2026-07-02T11:00", "2026-07-03T09:00"),), "2026-07-02T09:00"),
    # The leaver's key that nobody disabled, used after the end: LOGIN_AFTER_END (AC-14).
    "E1058": (
        (PlannedKey("2026-05-10T09:00", None, "2026-07-04T10:00", extra=("2026-06-14T08:00", "2026-06-28T08:00")),),
        None,
    ),
    # Service: KEY_TOO_OLD and UNUSED_KEY (AC-18), STALE (AC-03, 90 days for services); deleted on 2026-07-08.
    "S19": ((PlannedKey("2025-12-01T09:00", None, "2026-07-08T09:00", extra=("2026-03-15T03:00",), quiet=True),), None),
}

# No console sign-in within these times.
PAUSES: dict[str, tuple[tuple[str, str | None], ...]] = {
    "E1014": (("2026-05-22T18:00", None),),  # STALE: last sign-in about 40 days ago, no key
    "E1015": (("2022-01-01T00:00", None),),  # NEVER_USED: reads no_information
    "E1012": (("2025-11-20T20:00", None),),  # left before the window: PERSON_INACTIVE (AC-16), STALE (AC-03)
}
CREATED = {"E1015": "2026-05-01T09:00"}
LOGIN_PROFILE_DELETED = {
    "E1015": "2026-07-05T09:00",
    "E1014": "2026-07-10T09:00",
    "E1058": "2026-06-10T15:00",  # the console was closed on time, the key was not
}
DELETED = {
    "E1012": "2026-07-09T09:00",
    "E1013": "2026-05-29T15:00",  # created again below under the same name
    "E1058": "2026-07-04T10:00",
    "E1065": "2026-07-01T20:00",
    "S19": "2026-07-08T09:00",
}
# Created again: the new id must not inherit the old user's sign-ins. First use on 2026-07-02, within the grace.
RECREATED = {"E1013": ("2026-06-12T14:00", "2026-07-02T13:00")}
NO_MFA = {"E1043"}  # CONSOLE_USER_NO_MFA (AC-02)
NO_PASSWORD = {"E1010"}  # key only: password_last_used N/A must not hide the key's use
OWNER_TAGS: dict[str, str | None] = {
    "E1008": "lena.fischer+aws@acme.example",  # plus address
    "E1009": "Omar.Haddad@ACME.example",  # case
    "E1019": None,  # matched by an approved override
}

SERVICES = {
    "S10": "svc-deploy",
    "S11": "svc-backup",
    "S12": "svc-metrics",
    "S13": "svc-etl",
    "S14": "svc-billing-export",
    "S15": "svc-log-shipper",
    "S16": "svc-terraform",
    "S17": "svc-mailer",
    "S18": "svc-legacy-export",  # in no register before 2026-07-06: ORPHAN (AC-16)
    "S19": "svc-archive",
}


def aws_id(ref: str, generation: int = 1) -> str:
    """The unique id of an IAM user; a re-created user has the next generation."""
    return f"AIDA{ref:X>5}{generation:0>12}"


def _key_id(ref: str, number: int) -> str:
    return f"AKIA{ref:X>5}{number:0>11}"


def _key(ref: str, number: int, plan: PlannedKey, rhythm: Rhythm) -> AccessKey:
    created = moment(plan.created)
    deactivated = moment(plan.deactivated) if plan.deactivated else None
    deleted = moment(plan.deleted) if plan.deleted else None
    stops = [at for at in (deactivated, deleted, rhythm.stop) if at is not None]
    use = Rhythm(
        f"{rhythm.name}|{number}",
        rhythm.zone,
        moment(plan.first_use) if plan.first_use else created + timedelta(minutes=5),
        min(stops) if stops else None,
        rhythm.share,
        rhythm.hour,
        rhythm.weekends,
        extra=tuple(map(moment, plan.extra)),
        quiet=plan.quiet,
    )
    return AccessKey(_key_id(ref, number), created, deactivated, deleted, use)


def _chain(ref: str, begin: datetime, gone: datetime | None, first: int) -> list[PlannedKey]:
    """The routine: each key lives 60 to 80 days, its predecessor is disabled 2 and deleted 3 days later."""
    keys, created, number = [], begin, first
    end = min(gone, HORIZON) if gone else HORIZON
    while created < end:
        following = created + (60 + int(chance(ref, number) * 20)) * DAY
        retired = following + 2 * DAY < end
        keys.append(
            PlannedKey(
                created.isoformat(),
                (following + 2 * DAY).isoformat() if retired else None,
                (following + 3 * DAY).isoformat() if retired else (gone.isoformat() if gone else None),
            )
        )
        created, number = following, number + 1
    return keys


def _keys(ref: str, created: datetime, gone: datetime | None, rhythm: Rhythm) -> tuple[AccessKey, ...]:
    planned, begin = KEYS.get(ref, ((), created.isoformat()))
    routine = _chain(ref, moment(begin), gone, len(planned) + 1) if begin else []
    return tuple(_key(ref, number, plan, rhythm) for number, plan in enumerate([*planned, *routine], 1))


def _human(person: Person, seed: int) -> AwsUser:
    ref = person.ref
    hired = local(person.spells[0].start + timedelta(days=1), "10:00", person.tz)
    created = moment(CREATED[ref]) if ref in CREATED else hired
    gone = moment(DELETED[ref]) if ref in DELETED else leaving_at(person, "17:45")
    closed = moment(LOGIN_PROFILE_DELETED[ref]) if ref in LOGIN_PROFILE_DELETED else None
    stops = [at for at in (gone, closed) if at is not None]
    pauses = [*pauses_between_spells(person)]
    pauses += [(moment(first), moment(last) if last else None) for first, last in PAUSES.get(ref, ())]
    left = person.spells[-1].end_effective_at(person.tz)
    console = Rhythm(
        f"{seed}|aws|{ref}",
        person.tz,
        created + timedelta(hours=1),
        min(stops) if stops else None,
        0.6,
        10,
        pauses=tuple(pauses),
    )
    keys_used = Rhythm(f"{seed}|key|{ref}", person.tz, created, left, 0.7, 11)
    owner = OWNER_TAGS.get(ref, person.email)
    return AwsUser(
        name=person.name.lower().replace(" ", "."),
        user_id=aws_id(ref),
        person_key=person.key,
        created_at=created,
        kind="human",
        rhythm=console,
        has_password=ref not in NO_PASSWORD,
        mfa=ref not in NO_MFA,
        tags={**({"owner": owner} if owner else {}), "team": person.department.lower()},
        keys=_keys(ref, max(created, moment("2025-01-06T09:00")), gone, keys_used)
        if ref in WITH_KEYS or ref in KEYS
        else (),
        deleted_at=gone,
        login_profile_deleted_at=closed,
    )


def _again(first: AwsUser, person: Person, seed: int) -> AwsUser:
    created, used = map(moment, RECREATED[person.ref])
    rhythm = Rhythm(f"{seed}|aws|{person.ref}|2", person.tz, used + timedelta(hours=1), None, 0.6, 10, extra=(used,))
    return AwsUser(first.name, aws_id(person.ref, 2), person.key, created, "human", rhythm, tags=first.tags)


def _service(ref: str, name: str, seed: int) -> AwsUser:
    created = moment("2025-01-06T09:00")
    gone = moment(DELETED[ref]) if ref in DELETED else None
    never = Rhythm(f"{seed}|aws|{ref}", "UTC", created, quiet=True)
    use = Rhythm(f"{seed}|key|{ref}", "UTC", created, None, 1.0, int(chance(ref) * 20), weekends=True)
    tags = {} if ref == "S18" else {"team": "platform", "purpose": name.removeprefix("svc-")}
    return AwsUser(
        name, aws_id(ref), None, created, "service", never, False, False, tags, _keys(ref, created, gone, use), gone
    )


def _break_glass() -> AwsUser:
    """The sealed emergency user, opened in drills less than 90 days apart."""
    drills = ("2026-06-15T10:00", "2026-09-07T10:00", "2026-12-01T10:00", "2027-02-22T10:00", "2027-05-17T10:00")
    created = moment("2025-01-06T10:00")
    rhythm = Rhythm("break-glass", "UTC", created, quiet=True, extra=tuple(map(moment, drills)))
    return AwsUser("break-glass", aws_id("B10"), None, created, "break_glass", rhythm, tags={"purpose": "break-glass"})


def aws_users(people: tuple[Person, ...], seed: int) -> tuple[AwsUser, ...]:
    """Every IAM user the account ever had, in the order of the cast."""
    users: list[AwsUser] = []
    for person in people:
        if person.ref in HUMANS:
            users.append(_human(person, seed))
            if person.ref in RECREATED:
                users.append(_again(users[-1], person, seed))
    return (*users, *(_service(ref, name, seed) for ref, name in SERVICES.items()), _break_glass())

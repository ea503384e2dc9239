"""GitHub accounts of the sandbox's organisation, derived from the cast.

Members have to be active (that is the GitHub server's part) unless ``quiet_since`` says since when they are not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from soc2_warehouse.sandbox.accounts_okta import OKTA_LOGINS, leaving_at
from soc2_warehouse.sandbox.cast import refs
from soc2_warehouse.sandbox.records import GithubUser, Person
from soc2_warehouse.sandbox.rhythm import local, moment

MEMBERS = refs(
    "E1002 E1004 E1005 E1006 E1007 E1008 E1009 E1010 E1011 E1013 E1014 E1015 E1016 E1017 E1018 E1019 E1020 E1029 "
    "E1030 E1031 E1039 E1043 E1050 E1058 E1060 E1065 E1068 E1070 E1071 E1073 C001 C007"
)
ADMINS = {"E1002", "E1007"}
OUTSIDE = {"C002"}  # outside collaborators have no SAML identity: matched by an approved override
NO_SAML = {"E1017", "C002"}
REMOVED = {
    "E1030": "2026-07-09T09:00",  # unused since May, removed after the report
    "E1060": "2026-07-08T10:00",  # leaver of 2026-06-22, forgotten here: NOT_REMOVED, then LATE_REMOVAL
    # Leaver of 2026-07-01 whose removal no event tells: the snapshots of 2026-07-03 and 2026-07-04 bracket the
    # deadline (2026-07-03T03:59:59Z), so the row is unknown from 2026-07-04 on.
    "E1065": "2026-07-03T20:00",
}
QUIET = {
    "E1030": "2026-05-12T17:00",  # STALE
    "E1029": None,  # never any: NEVER_USED 30 days after the first listing; unknown where no audit log is connected
}
SECOND_ACCOUNT = ("E1014", "lmeyer-oss", "2025-06-02T09:00")  # ORPHAN until its override of 2026-07-05
MACHINE = ("acme-ci", 100_000_901, "2025-01-06T09:00")
BOTS = {"dependabot[bot]": 49_699_333, "renovate[bot]": 29_139_614, "github-actions[bot]": 41_898_282}


def github_id(ref: str) -> int:
    """The numeric user id of a person's first account."""
    return (100_010_000 if ref[0] == "E" else 100_020_000) + int(ref[1:])


def _joined(person: Person) -> datetime:
    return local(person.spells[0].start + timedelta(days=1), "11:00", person.tz)


def _member(person: Person) -> GithubUser:
    ref = person.ref
    joined = _joined(person)
    left = person.spells[-1].end_effective_at(person.tz)
    quiet = QUIET.get(ref)
    role = "admin" if ref in ADMINS else "outside_collaborator" if ref in OUTSIDE else "member"
    return GithubUser(
        user_id=github_id(ref),
        login=f"{person.first[0]}{person.last}".lower(),
        person_key=person.key,
        role=role,
        joined_at=joined,
        removed_at=moment(REMOVED[ref]) if ref in REMOVED else leaving_at(person, "17:45"),
        saml_name_id=None if ref in NO_SAML else OKTA_LOGINS.get(ref, person.email),
        quiet_since=moment(quiet) if quiet else joined if ref in QUIET else left,
    )


def github_users(people: tuple[Person, ...]) -> tuple[GithubUser, ...]:
    """Members, outside collaborators, the machine user and the bots."""
    by_ref = {person.ref: person for person in people}
    ref, login, joined = SECOND_ACCOUNT
    return (
        *(_member(by_ref[ref]) for ref in [*MEMBERS, *OUTSIDE]),
        GithubUser(github_id(ref) + 500_000, login, by_ref[ref].key, "member", moment(joined)),
        GithubUser(MACHINE[1], MACHINE[0], None, "member", moment(MACHINE[2]), kind="service"),
        *(
            GithubUser(number, name, None, "app", moment("2025-01-06T09:00"), kind="bot")
            for name, number in BOTS.items()
        ),
    )

"""The sandbox company "Acme" (acme.example): the one place that says who is who.

``Company(seed)`` holds people and every account of theirs as dated facts. Servers answer from it for any moment from
2026-06-01 to 2027-06-30; the history goes back to 2025-01-01. The seed moves ordinary activity only: identifiers and
planted scenarios are the same for every seed, so that ``truth/`` holds for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from soc2_warehouse.sandbox import accounts_aws, accounts_github, accounts_okta, apps, cast
from soc2_warehouse.sandbox.records import App, AwsUser, GithubUser, OktaUser, Person, Registered
from soc2_warehouse.sandbox.rhythm import moment

T = TypeVar("T")
SECURITY, PLATFORM, DATA = "E1003", "E1007", "E1017"


class Company:
    """Acme as of every moment.

    people, okta_users, aws_users, github_users, apps: everything that ever was or will be; ask each for its state.
    service_accounts, identity_overrides: what the registers say about accounts, dated.
    """

    domain = cast.DOMAIN
    domain_aliases = cast.DOMAIN_ALIASES

    def __init__(self, seed: int = 7) -> None:
        self.seed = seed
        self.people: tuple[Person, ...] = cast.people()

    @cached_property
    def okta_users(self) -> tuple[OktaUser, ...]:
        return accounts_okta.okta_users(self.people, self.seed)

    @cached_property
    def aws_users(self) -> tuple[AwsUser, ...]:
        return accounts_aws.aws_users(self.people, self.seed)

    @cached_property
    def github_users(self) -> tuple[GithubUser, ...]:
        return accounts_github.github_users(self.people)

    @cached_property
    def apps(self) -> tuple[App, ...]:
        return apps.apps()

    @cached_property
    def _by_ref(self) -> dict[str, Person]:
        refs = {person.key: person for person in self.people}
        for person in self.people:
            refs |= {ref: person for ref in (person.employee_number, person.contractor_id) if ref}
        return refs

    def person(self, ref: str) -> Person:
        """The person of an employee number, contractor id or person key. Raises KeyError for nobody's."""
        return self._by_ref[ref]

    @property
    def stable(self) -> tuple[Person, ...]:
        """People who stay throughout: fit to own, review and approve."""
        return tuple(p for p in self.people if p.ref <= "E1030" and p.ref != "E1012" and p.kind == "employee")

    def active(self, now: datetime) -> tuple[Person, ...]:
        """People with a running employment or contract, duplicate records aside."""
        return tuple(p for p in self.people if p.spell_at(now) is not None and p.duplicate_of is None)

    def github_user(self, ref: str) -> GithubUser:
        """The first GitHub account of a person. Raises KeyError when the person has none."""
        key = self.person(ref).key
        return _first((user for user in self.github_users if user.person_key == key), ref)

    def aws_user(self, ref: str) -> AwsUser:
        """The first IAM user of a person. Raises KeyError when the person has none."""
        key = self.person(ref).key
        return _first((user for user in self.aws_users if user.person_key == key), ref)

    @cached_property
    def service_accounts(self) -> tuple[Registered, ...]:
        """Lines of the register of service accounts; ``reason`` is the purpose, ``since`` the registration."""
        begin, late = moment("2025-02-03T09:00"), moment("2026-07-06T08:00")
        lines = [
            Registered(
                "okta",
                accounts_okta.okta_id("S01"),
                "svc-hris-sync@acme.example",
                "E1021",
                "reads the directory into the HR system",
                begin,
            ),
            Registered(
                "okta",
                accounts_okta.okta_id("S02"),
                "svc-reporting@acme.example",
                "E1021",
                "monthly usage report",
                late,
            ),
            Registered(
                "okta", accounts_okta.okta_id("B01"), "break-glass@acme.example", SECURITY, "break-glass", begin
            ),
            Registered("aws_iam", accounts_aws.aws_id("B10"), "break-glass", SECURITY, "break-glass", begin),
            Registered(
                "github",
                str(accounts_github.MACHINE[1]),
                accounts_github.MACHINE[0],
                PLATFORM,
                "pushes version bumps",
                begin,
            ),
        ]
        for ref, name in accounts_aws.SERVICES.items():
            owner = DATA if ref in ("S13", "S19") else PLATFORM
            if ref == "S14":
                owner = "E1064"  # leaves on 2026-07-02: OWNER_INACTIVE (AC-20)
            since = late if ref == "S18" else begin
            lines.append(Registered("aws_iam", accounts_aws.aws_id(ref), name, owner, name.removeprefix("svc-"), since))
        return tuple(lines)

    @cached_property
    def identity_overrides(self) -> tuple[Registered, ...]:
        """Lines of the register of identity overrides; ``owner`` is the person the account is given to."""

        def line(source: str, account: str, login: str, owner: str, since: str, approved: str) -> Registered:
            reason = "no common key between the systems"
            return Registered(source, account, login, owner, reason, moment(since), None, SECURITY, moment(approved))

        def github(ref: str, since: str, approved: str) -> Registered:
            user = self.github_user(ref)
            return line("github", str(user.user_id), user.login, ref, since, approved)

        second = next(u for u in self.github_users if u.login == accounts_github.SECOND_ACCOUNT[1])
        return (
            github(DATA, "2026-05-04T09:00", "2026-05-04T12:00"),
            github("C002", "2026-05-04T09:00", "2026-05-04T12:00"),
            # Left before the first extract: only this line tells whose reviews of last spring these were.
            github("E1058", "2026-06-15T09:00", "2026-06-15T12:00"),
            line(
                "aws_iam", accounts_aws.aws_id("E1019"), "emily.clark", "E1019", "2026-05-04T09:00", "2026-05-04T12:00"
            ),
            # Approved by nobody until 2026-07-06 (EV-05 OVERRIDE_UNAPPROVED); SAML leads to the same person.
            github("E1006", "2026-06-25T09:00", "2026-07-06T09:00"),
            line("github", str(second.user_id), second.login, "E1014", "2026-07-05T15:00", "2026-07-05T16:00"),
        )


def _first(found: Iterable[T], ref: str) -> T:
    for item in found:
        return item
    raise KeyError(ref)

"""Who acts on the sandbox's GitHub: the company's accounts, and the bots and apps that are nobody's account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.github.model import Actor

# Apps act under accounts of their own; GitHub's real ids where they are public.
DEPENDABOT, AGENT, ACTIONS, QUEUE, REVIEWER, WEB_FLOW = (
    ("dependabot[bot]", 49699333),
    ("copilot-swe-agent[bot]", 198982749),
    ("github-actions[bot]", 41898282),
    ("github-merge-queue[bot]", 118344674),
    ("acme-reviewer[bot]", 150000002),
    ("web-flow", 19864447),
)


class Cast:
    """Finds the actors of a story by the employee number or contractor id of their person."""

    def __init__(self, company: Any) -> None:
        self.accounts: tuple[Any, ...] = tuple(company.github_users)
        self.people = {person.key: person for person in company.people}
        self._by_ref: dict[str, list[Any]] = {}
        for account in self.accounts:
            person = self.people.get(account.person_key)
            if person is not None:
                self._by_ref.setdefault(person.ref, []).append(account)
        self.dependabot = self._bot(*DEPENDABOT)
        self.agent = self._bot(*AGENT)
        self.ci_bot = self._bot(*ACTIONS)
        self.queue_bot = self._bot(*QUEUE)
        self.release_bot = next(self.actor(known) for known in self.accounts if known.kind == "service")
        self.review_bot = self._bot(*REVIEWER)
        self.stranger = Actor(160000001, "drive-by-reviewer", "User", "drive-by@elsewhere.example")
        self.web_flow = Actor(WEB_FLOW[1], WEB_FLOW[0], "User", "noreply@github.com")

    def _bot(self, login: str, user_id: int) -> Actor:
        for account in self.accounts:
            if account.login.removesuffix("[bot]") == login.removesuffix("[bot]"):
                return Actor(account.user_id, login, "Bot", f"{login}@users.noreply.github.com")
        return Actor(user_id, login, "Bot", f"{login}@users.noreply.github.com")

    def actor(self, account: Any) -> Actor:
        person = self.people.get(account.person_key)
        email = person.email if person else f"{account.user_id}+{account.login}@users.noreply.github.com"
        return Actor(account.user_id, account.login, "User", email)

    def person(self, ref: str, account: int = 0) -> Actor:
        """The ``account``-th GitHub account of a person. Raises LookupError naming the person."""
        found = sorted(self._by_ref.get(ref, []), key=lambda known: known.joined_at)
        if len(found) <= account:
            raise LookupError(f"{ref} has {len(found)} GitHub account(s) in the sandbox company, need {account + 1}")
        return self.actor(found[account])

    def has(self, ref: str, account: int = 0) -> bool:
        return len(self._by_ref.get(ref, [])) > account

    def works(self, account: Any, moment: datetime) -> bool:
        """The account is in use: a member, not gone quiet, its person employed (a machine's always is)."""
        if not account.member(moment) or (account.quiet_since is not None and moment >= account.quiet_since):
            return False
        person = self.people.get(account.person_key)
        if person is None:
            return bool(account.kind != "human")
        # Whoever leaves within days no longer starts a change.
        return person.spell_at(moment) is not None and person.spell_at(moment + timedelta(days=2)) is not None

    def humans(self, moment: datetime) -> list[Any]:
        """Accounts of people who write and review code at a moment, in order of account id."""
        return sorted(
            (known for known in self.accounts if known.kind == "human" and self.works(known, moment)),
            key=lambda known: known.user_id,
        )

    def association(self, actor: Actor, now: datetime) -> str:
        """What GitHub shows beside a name: as of ``now``, not as of the comment."""
        for account in self.accounts:
            if account.user_id == actor.id:
                if not account.member(now):
                    return "CONTRIBUTOR" if account.role != "app" and account.joined_at <= now else "NONE"
                return "COLLABORATOR" if account.role == "outside_collaborator" else "MEMBER"
        return "NONE"

"""The whole history of the sandbox's GitHub organisation, a pure function of the company and its seed.

Planted stories have fixed days; around them about three pull requests a working day, so that everybody who is active
shows activity. Nothing here knows what time it is: views of a moment filter.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from soc2_warehouse.sandbox import timetable
from soc2_warehouse.sandbox.github import rules
from soc2_warehouse.sandbox.github.builder import CONTEXTS, Builder
from soc2_warehouse.sandbox.github.cast import Cast
from soc2_warehouse.sandbox.github.model import BEGINNING, MINUTE, OWNER, ZERO, Commit, Fact, Pull, at, first_day
from soc2_warehouse.sandbox.github.schedule import QUIET_DAYS, STORIES

FIRST, LAST = date(2026, 1, 1), date(2027, 6, 30)
WEIGHTS = {"infra": 3, "mobile": 2, "docs": 1, "sandbox-tools": 1}
REVIEWERS = ("E1005", "E1006", "E1007", "E1008", "E1009", "E1010", "E1011", "E1013", "E1015", "E1016", "E1018", "E1031")
ARCHIVED = {"docs": at(date(2026, 8, 14), "15:00")}
EMPTY_UNTIL = {"sandbox-tools": date(2026, 7, 10)}
RENAMED_AT = at(date(2026, 3, 16), "08:00")
TOPICS = ("Refactor", "Speed up", "Document", "Extend", "Fix", "Simplify", "Validate", "Log")
PARTS = ("the ledger", "posting", "statements", "the importer", "retries", "the balance view", "exports", "limits")


@dataclass
class Repo:
    """A repository: its history, and what changes about it over time."""

    id: int
    name: str
    created_at: datetime
    builder: Builder
    archived_at: datetime | None

    @property
    def full_name(self) -> str:
        return f"{OWNER}/{self.name}"

    def default_branch(self, now: datetime) -> str:
        return "master" if self.name == "data-platform" and now < RENAMED_AT else "main"

    def archived(self, now: datetime) -> bool:
        return self.archived_at is not None and self.archived_at <= now

    def branches(self, now: datetime) -> dict[str, str]:
        """Branch name to head at a moment, in order of name."""
        heads: dict[str, str] = {}
        for update in self.updates(now):
            heads[update.ref.removeprefix("refs/heads/")] = update.after
        return {name: sha for name, sha in sorted(heads.items()) if sha != ZERO}

    def updates(self, now: datetime) -> list[Any]:
        """Ref updates up to a moment, oldest first."""
        known = self.all_updates
        return known[: bisect_right(known, now, key=lambda update: update.at)]

    @cached_property
    def all_updates(self) -> list[Any]:
        """Every ref update there will ever be, oldest first."""
        return sorted(self.builder.updates, key=lambda update: (update.at, update.id))

    def pulls(self, now: datetime) -> list[Pull]:
        return [pull for pull in self.builder.pulls if pull.created_at <= now]

    def trunk_head(self, moment: datetime) -> str:
        """Head of the default branch at a moment. Raises LookupError before the first push."""
        return self.branches(moment)[self.default_branch(moment)]

    def commit(self, sha: str, now: datetime) -> Commit | None:
        found = self.builder.commits.get(sha)
        return found if found and found.pushed_at <= now else None

    def pulls_of(self, sha: str, now: datetime) -> list[Pull]:
        """Pull requests that GitHub associates with a commit: they contain it, or merged into it."""
        return [pull for pull in self._containing.get(sha, []) if pull.created_at <= now]

    @cached_property
    def _containing(self) -> dict[str, list[Pull]]:
        found: dict[str, list[Pull]] = {}
        for pull in self.builder.pulls:
            shas = {commit.sha for commit in pull.commits}
            if pull.merge_sha:
                shas.add(pull.merge_sha)
                originals = {commit.message for commit in pull.commits}
                sha = pull.merge_sha
                # A rebase merge leaves one new commit an original, with the same message.
                while (commit := self.builder.commits[sha]).message in originals and commit.parents:
                    shas.add(sha)
                    sha = commit.parents[0]
            for sha in shas:
                found.setdefault(sha, []).append(pull)
        return found

    def _reachable(self, sha: str) -> set[str]:
        found, todo = set[str](), [sha]
        while todo:
            known = todo.pop()
            if known not in found:
                found.add(known)
                todo.extend(self.builder.commits[known].parents)
        return found

    def between(self, before: str, after: str) -> list[Commit]:
        """Commits reachable from ``after`` but not from ``before``, oldest first. Raises KeyError for unknown ones."""
        found = [self.builder.commits[sha] for sha in self._reachable(after) - self._reachable(before)]
        return sorted(found, key=lambda commit: (commit.pushed_at, commit.sha == after, commit.sha))

    def merge_base(self, before: str, after: str) -> str:
        """The newest commit that both contain."""
        both = self._reachable(after) & self._reachable(before)
        return max(both, key=lambda sha: (self.builder.commits[sha].pushed_at, sha))


class World:
    """Every repository with its history, and the facts planted in it."""

    def __init__(self, company: Any) -> None:
        self.company = company
        self.cast = Cast(company)
        self.seed = int(getattr(company, "seed", 7))
        self.repos = {name: self._repo(index, name) for index, name in enumerate(timetable.REPOS)}
        self.by_id = {repo.id: repo for repo in self.repos.values()}
        self._last_change: dict[int, datetime] = {}
        for offset in range((LAST - FIRST).days + 1):
            self._live(FIRST + timedelta(days=offset))
        self._last_signs()

    def _repo(self, index: int, name: str) -> Repo:
        builder = Builder(9001 + index, name, self.cast)
        created = BEGINNING + timedelta(days=index)
        if name == "data-platform":
            builder.trunk = "master"
        if name in EMPTY_UNTIL:
            created = at(date(2026, 6, 1), "10:00")
        else:
            founder = self.cast.person("E1006")
            sha = builder.commit(founder, created + 30 * MINUTE, "Initial commit", ())
            builder.move(builder.trunk, sha, "branch_creation", founder, created + 30 * MINUTE)
        return Repo(9001 + index, name, created, builder, ARCHIVED.get(name))

    # daily life

    def _live(self, day: date) -> None:
        rng = random.Random(f"{self.seed}:pulls:{day}")
        working = day.weekday() < 5 and (day.month, day.day) not in {(1, 1), (12, 25)}
        usual = self._usual(day, rng) if working else []
        for name, repo in self.repos.items():
            builder = repo.builder
            if story := STORIES.get((day, name)):
                self._contexts(builder, at(day, "09:00"))
                known = len(builder.facts)
                story(builder, day)
                # A story may end on the next day: a twin is surely seen on the one after.
                seen = first_day(at(day + timedelta(days=1), "12:00"))
                builder.facts[known:] = [replace(fact, first=fact.first or seen) for fact in builder.facts[known:]]
            elif name in usual:
                self._change(repo, day, rng)
        if day.weekday() == 0:
            self._machines(day)
        if working and day.day % 10 == 4:
            self._abandoned(self.repos["ledger-web"], day)

    def _usual(self, day: date, rng: random.Random) -> list[str]:
        names = [name for name in self.repos if day > EMPTY_UNTIL.get(name, FIRST - timedelta(days=1))]
        names = [n for n in names if n not in ARCHIVED or at(day, "23:00") < ARCHIVED[n]]
        weighted = sorted(names, key=lambda name: rng.random() ** (1 / WEIGHTS.get(name, 6)), reverse=True)
        chosen = weighted[: rng.choice((2, 3, 3, 4)) if day < date(2026, 7, 1) else 3]
        return [name for name in chosen if (name, day) not in QUIET_DAYS]

    def _contexts(self, builder: Builder, moment: datetime) -> None:
        required = rules.required_contexts(builder.name, "main", True, moment)
        builder.contexts = tuple(sorted(required)) or CONTEXTS

    def _change(self, repo: Repo, day: date, rng: random.Random) -> None:
        """An ordinary pull request by whoever has not changed anything for longest."""
        start = at(day, "09:00") + timedelta(minutes=rng.randint(0, 200), seconds=rng.randint(0, 59))
        writers = [self.cast.actor(account) for account in self._writers(start)]
        author = min(writers, key=lambda actor: (self._last_change.get(actor.id, BEGINNING), actor.id))
        self._last_change[author.id] = start
        refs = [ref for ref in REVIEWERS if self.cast.has(ref) and self.cast.person(ref).id != author.id]
        reviewer = self.cast.person(rng.choice(refs))
        title = f"{rng.choice(TOPICS)} {rng.choice(PARTS)}"
        method = "queue" if repo.name == "ledger-web" else rng.choice(("squash", "squash", "squash", "merge", "rebase"))
        self._contexts(repo.builder, start)
        repo.builder.standard(day, author, reviewer, title, start, method=method)

    def _writers(self, moment: datetime) -> list[Any]:
        """Active people, each with their first account only."""
        seen: dict[str, Any] = {}
        for account in self.cast.humans(moment):
            known = seen.get(account.person_key)
            if known is None or account.joined_at < known.joined_at:
                seen[account.person_key] = account
        return list(seen.values())

    def _machines(self, day: date) -> None:
        """Accounts that open no pull requests show life by a weekly push to a branch of their own."""
        builder, moment = self.repos["infra"].builder, at(day, "05:30")
        first = {account.user_id for account in self._writers(moment)}
        for index, account in enumerate(self.cast.accounts):
            if account.user_id not in first and account.role != "app" and self.cast.works(account, moment):
                self._push_aside(builder, account, moment + index * MINUTE)

    def _push_aside(self, builder: Builder, account: Any, moment: datetime) -> None:
        actor, branch = self.cast.actor(account), f"wip/{account.user_id}"
        parents = (builder.heads[branch],) if branch in builder.heads else ()
        kind = "push" if parents else "branch_creation"
        builder.move(branch, builder.commit(actor, moment, f"Work in progress {branch}", parents), kind, actor, moment)

    def _last_signs(self) -> None:
        """Whoever goes quiet is seen a minute before."""
        for account in self.cast.accounts:
            quiet = account.quiet_since
            if quiet and account.member(quiet - MINUTE) and quiet <= at(LAST, "23:00"):
                self._push_aside(self.repos["infra"].builder, account, quiet - MINUTE)

    def _abandoned(self, repo: Repo, day: date) -> None:
        """Opened, reviewed critically, closed after five days without a merge."""
        start = at(day, "16:00")
        pull = repo.builder.open(self.cast.person("E1015"), start, "Try another table library")
        repo.builder.review(pull, self.cast.person("E1014"), "CHANGES_REQUESTED", start + 60 * MINUTE)
        pull.closed_at = start + timedelta(days=5)

    # truth

    def facts(self) -> list[Fact]:
        """Everything planted for the change controls that GitHub alone can show."""
        found = [fact for repo in self.repos.values() for fact in repo.builder.facts]
        found += rules.facts({name: repo.id for name, repo in self.repos.items()})
        return found

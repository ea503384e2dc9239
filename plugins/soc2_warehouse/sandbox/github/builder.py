"""Builds the history of one repository: branches, pull requests, reviews, checks and merges, in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from soc2_warehouse.sandbox.github.cast import Cast
from soc2_warehouse.sandbox.github.model import (
    MINUTE,
    ZERO,
    Actor,
    CheckRun,
    Commit,
    Fact,
    Pull,
    RefUpdate,
    Review,
    Status,
    TimelineEvent,
    first_day,
    sha_of,
)

CONTEXTS = ("unit", "integration", "security")


@dataclass
class Builder:
    """One repository under construction. ``heads`` are the branches as they stand; ``trunk`` the default branch."""

    repo_id: int
    name: str
    cast: Cast
    trunk: str = "main"
    number: int = 100
    commits: dict[str, Commit] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    updates: list[RefUpdate] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    runs: list[CheckRun] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    contexts: tuple[str, ...] = CONTEXTS
    status_contexts: tuple[str, ...] = ()
    _serial: int = 0

    def serial(self) -> int:
        """An id that is unique across repositories and fits 32 bits, which GraphQL asks of some."""
        self._serial += 1
        return (self.repo_id - 9000) * 10_000_000 + self._serial

    # commits and refs

    def commit(
        self,
        author: Actor,
        moment: datetime,
        message: str,
        parents: Sequence[str],
        coauthors: Sequence[Actor] = (),
        authored_at: datetime | None = None,
        committer: Actor | None = None,
    ) -> str:
        """Add a commit that arrives at ``moment``; returns its id."""
        sha = sha_of(self.name, moment.isoformat(), message, *parents)
        trailers = "".join(f"\nCo-authored-by: {actor.login} <{actor.email}>" for actor in coauthors)
        self.commits[sha] = Commit(
            sha=sha,
            parents=tuple(parents),
            author=author,
            committer=committer or author,
            message=message + ("\n" + trailers if trailers else ""),
            authored_at=authored_at or moment - MINUTE,
            committed_at=authored_at or moment - MINUTE,
            pushed_at=moment,
            coauthors=tuple(coauthors),
            verified=committer is not None,
        )
        return sha

    def move(self, branch: str, after: str, kind: str, actor: Actor, moment: datetime) -> None:
        """Move a branch and remember it as repository activity."""
        before = self.heads.get(branch, ZERO)
        self.updates.append(RefUpdate(self.serial(), f"refs/heads/{branch}", before, after, kind, actor, moment))
        if after == ZERO:
            del self.heads[branch]
        else:
            self.heads[branch] = after

    # pull requests

    def open(
        self,
        author: Actor,
        moment: datetime,
        title: str,
        base: str | None = None,
        body: str = "",
        labels: tuple[str, ...] = (),
        coauthors: Sequence[Actor] = (),
        draft_until: datetime | None = None,
        committed: int = 1,
        authored_at: datetime | None = None,
        pusher: Actor | None = None,
    ) -> Pull:
        """Open a pull request with ``committed`` commits, pushed in the minutes before."""
        base = base or self.trunk
        self.number += 1
        head = f"change/{self.number}"
        pull = Pull(
            self.name,
            self.number,
            self.repo_id * 100_000 + self.number,
            title,
            author,
            base,
            head,
            moment,
            body=body,
            labels=labels,
            draft_until=draft_until,
        )
        self.pulls.append(pull)
        parent = self.heads[base]
        for index in range(committed):
            pushed = moment - MINUTE * (committed - index)
            message = title if committed == 1 else f"{title} ({index + 1}/{committed})"
            parent = self.commit(author, pushed, message, (parent,), coauthors, authored_at)
            pull.commits.append(self.commits[parent])
            pull.heads.append((pushed, parent))
            self.move(head, parent, "push" if index else "branch_creation", pusher or author, pushed)
        if draft_until:
            pull.events.append(TimelineEvent("ReadyForReviewEvent", author, draft_until))
        return pull

    def push(
        self,
        pull: Pull,
        author: Actor,
        moment: datetime,
        message: str = "Address review",
        force: bool = False,
        merges_base: bool = False,
        authored_at: datetime | None = None,
    ) -> str:
        """Push one more commit to the head branch: a fix, a merge of the base, or a rewrite of the last commit."""
        before = self.heads[pull.head_ref]
        parents: tuple[str, ...] = (before,)
        if force:
            parents = self.commits[before].parents
            pull.dropped[before] = moment
        if merges_base:
            parents, message = (before, self.heads[pull.base]), f"Merge branch '{pull.base}' into {pull.head_ref}"
        sha = self.commit(author, moment, message, parents, authored_at=authored_at)
        pull.commits.append(self.commits[sha])
        pull.heads.append((moment, sha))
        self.move(pull.head_ref, sha, "force_push" if force else "push", author, moment)
        if force:
            pull.events.append(TimelineEvent("HeadRefForcePushedEvent", author, moment, before=before, after=sha))
        return sha

    def review(self, pull: Pull, author: Actor, state: str, moment: datetime, commit: str | None = "") -> Review:
        """Review the head as it stands; ``commit=None`` for a review whose commit is gone."""
        sha = pull.head(moment) if commit == "" else commit
        found = Review(self.serial(), author, state, moment, sha)
        pull.reviews.append(found)
        return found

    def dismiss(self, pull: Pull, review: Review, actor: Actor, moment: datetime) -> None:
        review.dismissed_at, review.dismissed_by = moment, actor
        pull.events.append(TimelineEvent("ReviewDismissedEvent", actor, moment, review=review))

    # checks

    def check(
        self,
        sha: str,
        name: str,
        started: datetime,
        conclusion: str = "success",
        minutes: float = 8,
        attempt: int = 1,
        completed: bool = True,
        app: str = "github-actions",
    ) -> None:
        """One attempt of a check."""
        known = [run.suite_id for run in self.runs if run.sha == sha and run.app == app]
        suite = known[0] if known else self.serial()
        done = started + timedelta(minutes=minutes) if completed else None
        self.runs.append(CheckRun(self.serial(), suite, name, sha, app, started, done, conclusion, attempt))

    def status(self, sha: str, context: str, state: str, moment: datetime) -> None:
        self.statuses.append(Status(self.serial(), sha, context, state, moment, self.cast.ci_bot))

    def green(self, sha: str, moment: datetime, without: Sequence[str] = ()) -> None:
        """Every required check of the repository succeeds on a commit, started at ``moment``."""
        for name in self.contexts:
            if name in without:
                continue
            if name in self.status_contexts:
                self.status(sha, name, "pending", moment)
                self.status(sha, name, "success", moment + 6 * MINUTE)
            else:
                self.check(sha, name, moment)

    # merging

    def merge(
        self, pull: Pull, actor: Actor, moment: datetime, method: str = "squash", base_before: str | None = None
    ) -> str:
        """Merge; methods squash, merge, rebase, queue, or none when the branch was moved already."""
        head, base = self.heads[pull.head_ref], base_before or self.heads[pull.base]
        site = self.cast.web_flow
        title = f"{pull.title} (#{pull.number})"
        if method == "none":
            sha = self.heads[pull.base]
        elif method == "merge":
            title = f"Merge pull request #{pull.number} from acme/{pull.head_ref}"
            sha = self.commit(actor, moment, title, (base, head), committer=site)
        elif method == "rebase":
            sha = base
            for original in pull.commits_at(moment):
                sha = self.commit(
                    original.author, moment, original.message, (sha,), authored_at=original.authored_at, committer=site
                )
        else:
            sha = self.commit(pull.author, moment, title, (base,), committer=site)
        by = self.cast.queue_bot if method == "queue" else actor
        if method == "queue":
            pull.events.append(TimelineEvent("AddedToMergeQueueEvent", actor, moment - 15 * MINUTE))
        if method != "none":
            self.move(pull.base, sha, "merge_queue_merge" if method == "queue" else "pr_merge", by, moment)
        pull.merged_at, pull.merged_by, pull.merge_sha, pull.closed_at = moment, by, sha, moment
        pull.events.append(TimelineEvent("MergedEvent", by, moment, after=sha, ref=pull.base))
        pull.events.append(TimelineEvent("ClosedEvent", by, moment))
        if pull.head_ref in self.heads and pull.head_ref != pull.base:
            self.move(pull.head_ref, ZERO, "branch_deletion", actor, moment + MINUTE)
        return sha

    # truth

    def expect(self, control: str, entity: object, code: str, moment: datetime, why: str) -> None:
        """The control must report ``code`` for an entity of this repository from the day that sees ``moment``."""
        key = f"{self.repo_id}|{entity}"
        self.facts.append(Fact(control, "violations", key, why, code, first_day(moment)))

    def near_miss(self, control: str, entity: object, why: str) -> None:
        """The control must not report this entity, although it looks like a violation."""
        self.facts.append(Fact(control, "near_misses", f"{self.repo_id}|{entity}", why))

    def absent(self, control: str, entity: object, why: str) -> None:
        """The entity is no member of the control's population, although it looks like one."""
        self.facts.append(Fact(control, "absent", f"{self.repo_id}|{entity}", why))

    def standard(self, day: date, author: Actor, reviewer: Actor, title: str, start: datetime, **options: str) -> Pull:
        """A pull request as it should be: opened, tested, approved by somebody else, merged, in two hours."""
        pull = self.open(author, start, title, committed=1 + (self.number % 3 == 0))
        self.green(pull.head(start), start + MINUTE)
        self.review(pull, reviewer, "APPROVED", start + 60 * MINUTE)
        method = options.get("method", "squash")
        sha = self.merge(pull, author, start + 90 * MINUTE, method)
        if method == "queue":
            self.green(sha, start + 76 * MINUTE)
        return pull

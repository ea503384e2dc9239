"""GraphQL objects of the sandbox's GitHub: plain dicts whose nested connections are computed when asked for."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from graphql import GraphQLError

from soc2_warehouse.sandbox.github.bodies import SITE, node
from soc2_warehouse.sandbox.github.bodies_actions import log_url
from soc2_warehouse.sandbox.github.model import Actor, CheckRun, Commit, Pull, Review, Status, TimelineEvent, iso
from soc2_warehouse.sandbox.github.pipeline import Deployed
from soc2_warehouse.sandbox.github.world import Repo, World

Node = dict[str, Any]
Resolver = Callable[..., Any]
EVENT_TYPES = {  # GraphQL type name to the filter's name
    "ReviewDismissedEvent": "REVIEW_DISMISSED_EVENT",
    "HeadRefForcePushedEvent": "HEAD_REF_FORCE_PUSHED_EVENT",
    "ReadyForReviewEvent": "READY_FOR_REVIEW_EVENT",
    "MergedEvent": "MERGED_EVENT",
    "AddedToMergeQueueEvent": "ADDED_TO_MERGE_QUEUE_EVENT",
    "ClosedEvent": "CLOSED_EVENT",
}


def connection(items: Sequence[Any], body: Callable[[Any], Any], name: str) -> Resolver:
    """A field that pages through ``items`` with ``first``/``after`` or ``last``, as GitHub demands it."""

    def resolve(_: Any, first: int | None = None, last: int | None = None, after: str | None = None, **__: Any) -> Node:
        if first is None and last is None:
            raise GraphQLError(
                f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
            )
        if max(first or 0, last or 0) > 100:
            raise GraphQLError(
                f"Requesting {first or last} records on the `{name}` connection exceeds the limit of 100 records."
            )
        start = int(b64decode(after)) if after else 0
        end = min(len(items), start + first) if first is not None else len(items)
        if first is None:
            start = max(start, len(items) - (last or 0))
        return {
            "totalCount": len(items),
            "pageInfo": {"hasNextPage": end < len(items), "endCursor": b64encode(str(end).encode()).decode()},
            "nodes": [body(item) for item in items[start:end]],
        }

    return resolve


class Nodes:
    """Builds GraphQL objects of one moment."""

    def __init__(self, world: World, now: datetime) -> None:
        self.world, self.now = world, now

    def actor(self, found: Actor | None) -> Node | None:
        if found is None:
            return None
        return {"__typename": found.kind, "login": found.graphql_login, "databaseId": found.id}

    def _git_actor(self, found: Actor) -> Node:
        known = {"login": found.login, "databaseId": found.id} if found.kind == "User" else None
        return {"name": found.login, "email": found.email, "user": known}

    def commit(self, repo: Repo, found: Commit) -> Node:
        return {
            "__typename": "Commit",
            "id": node("Commit", f"{repo.name}:{found.sha}"),
            "oid": found.sha,
            "message": found.message,
            "authoredDate": iso(found.authored_at),
            "committedDate": iso(found.committed_at),
            "parents": connection([{"oid": sha} for sha in found.parents], lambda item: item, "parents"),
            "authors": connection([found.author, *found.coauthors], self._git_actor, "authors"),
            "committer": self._git_actor(found.committer),
            "checkSuites": lambda info, **args: self._suites(repo, found.sha)(info, **args),
            "status": lambda info: self._status(repo, found.sha),
            "associatedPullRequests": lambda info, **args: connection(
                repo.pulls_of(found.sha, self.now), lambda pull: self.pull(repo, pull), "associatedPullRequests"
            )(info, **args),
        }

    # checks

    def _suites(self, repo: Repo, sha: str) -> Resolver:
        suites: dict[int, list[CheckRun]] = {}
        for run in repo.builder.runs:
            if run.sha == sha and run.started_at <= self.now:
                suites.setdefault(run.suite_id, []).append(run)
        return connection(list(suites.items()), lambda item: self.suite(*item), "checkSuites")

    def suite(self, number: int, runs: list[CheckRun]) -> Node:
        done = [run for run in runs if run.completed_at and run.completed_at <= self.now]
        failed = any(run.conclusion == "failure" for run in done)
        return {
            "__typename": "CheckSuite",
            "id": node("CheckSuite", f"{runs[0].sha}:{number}"),
            "databaseId": number,
            "app": {"slug": runs[0].app},
            "status": "COMPLETED" if len(done) == len(runs) else "IN_PROGRESS",
            "conclusion": ("FAILURE" if failed else "SUCCESS") if len(done) == len(runs) else None,
            "createdAt": iso(min(run.started_at for run in runs)),
            "workflowRun": {"databaseId": number} if runs[0].app == "github-actions" else None,
            "checkRuns": lambda info, **args: self._runs(runs, args)(info, **args),
        }

    def _runs(self, runs: list[CheckRun], args: dict[str, Any]) -> Resolver:
        if (args.get("filterBy") or {}).get("checkType", "LATEST") == "LATEST":
            newest = {run.name: run for run in sorted(runs, key=lambda run: run.attempt)}
            runs = list(newest.values())
        return connection(runs, self._run, "checkRuns")

    def _run(self, run: CheckRun) -> Node:
        done = run.completed_at is not None and run.completed_at <= self.now
        return {
            "databaseId": run.id,
            "name": run.name,
            "status": "COMPLETED" if done else "IN_PROGRESS",
            "conclusion": run.conclusion.upper() if done else None,
            "startedAt": iso(run.started_at),
            "completedAt": iso(run.completed_at) if done else None,
            "detailsUrl": f"{SITE}/checks/{run.id}",
        }

    def _status(self, repo: Repo, sha: str) -> Node | None:
        """Only the newest status of each context, as GitHub's GraphQL shows it."""
        found: dict[str, Status] = {}
        for status in repo.builder.statuses:
            if status.sha == sha and status.created_at <= self.now:
                found[status.context] = status
        contexts = [
            {
                "id": node("StatusContext", status.id),
                "context": status.context,
                "state": status.state.upper(),
                "createdAt": iso(status.created_at),
                "targetUrl": None,
                "creator": self.actor(status.creator),
            }
            for status in found.values()
        ]
        return {"contexts": contexts} if contexts else None

    # pull requests

    def pull(self, repo: Repo, found: Pull) -> Node:
        now, merged = self.now, found.merged(self.now)
        head = repo.builder.commits[found.head(now)]
        return {
            "__typename": "PullRequest",
            "id": node("PullRequest", f"{repo.name}:{found.number}"),
            "fullDatabaseId": str(found.id),
            "number": found.number,
            "title": found.title,
            "body": found.body,
            "url": f"{SITE}/{repo.full_name}/pull/{found.number}",
            "state": found.state(now),
            "isDraft": bool(found.draft_until and now < found.draft_until),
            "merged": merged,
            "isCrossRepository": False,
            "author": self.actor(found.author),
            "authorAssociation": self.world.cast.association(found.author, now),
            "baseRefName": found.base,
            "headRefName": found.head_ref,
            "headRefOid": head.sha,
            "headRepository": {"databaseId": repo.id},
            "repository": {"databaseId": repo.id},
            "createdAt": iso(found.created_at),
            "updatedAt": iso(found.updated_at(now)),
            "closedAt": iso(found.closed_at) if found.closed_at and found.closed_at <= now else None,
            "mergedAt": iso(found.merged_at) if merged else None,
            "mergedBy": self.actor(found.merged_by) if merged else None,
            "autoMergeRequest": None,
            "changedFiles": len(found.commits),
            "labels": connection(found.labels, lambda name: {"name": name}, "labels"),
            "reviews": connection(found.reviews_at(now), self._review, "reviews"),
            "commits": connection(
                found.commits_at(now), lambda commit: {"commit": self.commit(repo, commit)}, "commits"
            ),
            "timelineItems": lambda info, **args: self._events(repo, found, args)(info, **args),
            "mergeCommit": self.commit(repo, repo.builder.commits[found.merge_sha])
            if merged and found.merge_sha
            else None,
        }

    def _review(self, found: Review) -> Node:
        dismissed = found.dismissed_at if found.dismissed_at and found.dismissed_at <= self.now else None
        return {
            "fullDatabaseId": str(found.id),
            "author": self.actor(found.author),
            "authorAssociation": self.world.cast.association(found.author, self.now),
            "state": found.state_at(self.now),
            "submittedAt": iso(found.submitted_at),
            "updatedAt": iso(dismissed or found.submitted_at),
            "commit": {"oid": found.commit} if found.commit else None,
        }

    def _events(self, repo: Repo, pull: Pull, args: dict[str, Any]) -> Resolver:
        wanted = args.get("itemTypes")
        shown = [e for e in pull.events_at(self.now) if wanted is None or EVENT_TYPES[e.kind] in wanted]
        return connection(shown, lambda event: self._event(repo, event), "timelineItems")

    def _event(self, repo: Repo, found: TimelineEvent) -> Node:
        return {
            "__typename": found.kind,
            "createdAt": iso(found.at),
            "actor": self.actor(found.actor),
            "review": {"fullDatabaseId": str(found.review.id)} if found.review else None,
            "previousReviewState": found.review.state if found.review else None,
            "dismissalMessage": "outdated",
            "beforeCommit": {"oid": found.before} if found.before else None,
            "afterCommit": {"oid": found.after} if found.after else None,
            "mergeRefName": found.ref,
            "commit": {"oid": found.after} if found.after else None,
        }

    # deployments

    def deployment(self, found: Deployed) -> Node:
        shown = [entry for entry in found.statuses if entry[2] <= self.now][::-1]
        return {
            "__typename": "Deployment",
            "id": node("Deployment", found.id),
            "databaseId": found.id,
            "createdAt": iso(found.planned.started_at),
            "statuses": connection(shown, lambda entry: self._deployment_status(found, *entry), "statuses"),
        }

    def _deployment_status(self, found: Deployed, number: int, state: str, moment: datetime) -> Node:
        return {
            "id": node("DeploymentStatus", number),
            "state": state.upper(),
            "createdAt": iso(moment),
            "environment": found.environment,
            "logUrl": log_url(found) or None,
            "environmentUrl": None,
            "description": None,
            "creator": self.actor(found.creator),
        }

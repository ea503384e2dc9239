"""The sandbox's deployments as GitHub keeps them: deployments, statuses, workflow runs and evidence artefacts."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from soc2_warehouse.sandbox import timetable
from soc2_warehouse.sandbox.github.model import MINUTE, ZERO, Actor, Fact, first_day, iso
from soc2_warehouse.sandbox.github.quality import BY_HAND, E2E_PATH, validations
from soc2_warehouse.sandbox.github.watch import monitoring
from soc2_warehouse.sandbox.github.world import Repo, World

DEPLOYMENT_IDS, RUN_IDS, ARTIFACT_IDS = 41_000_000, 70_000_000, 90_000_000
DEPLOY_PATH, CI_PATH, ADHOC_PATH = (f".github/workflows/{name}.yml" for name in ("deploy", "ci", "adhoc"))
ARTIFACT_NAME = "deployment-evidence"
RETENTION = timedelta(days=90)
#: The record is uploaded once the deployment has been watched.
UPLOADED_AFTER = 16 * MINUTE


@dataclass(frozen=True)
class Run:
    """A workflow run, of the pipeline or of a pull request's checks."""

    id: int
    number: int
    repo: Repo
    path: str
    event: str
    branch: str
    sha: str
    actor: Actor
    created_at: datetime
    completed_at: datetime
    conclusion: str
    attempt: int = 1


@dataclass(frozen=True)
class Deployed:
    """A deployment record with the states it went through."""

    id: int
    repo: Repo
    sha: str
    environment: str
    creator: Actor
    planned: timetable.Deployment
    run: Run | None
    statuses: tuple[tuple[int, str, datetime], ...]


class Pipeline:
    """Deployments and workflow runs of a world, by repository."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._trunk = {name: self._heads(repo) for name, repo in world.repos.items()}
        self.runs: dict[str, list[Run]] = {name: [] for name in world.repos}
        self.deployments: dict[str, list[Deployed]] = {name: [] for name in world.repos}
        self._deploy()
        self._test()
        self._validate()
        for runs in self.runs.values():
            runs.sort(key=lambda run: (run.created_at, run.id))

    @staticmethod
    def _heads(repo: Repo) -> list[tuple[datetime, str]]:
        trunks = ("refs/heads/main", "refs/heads/master")
        return [(u.at, u.after) for u in repo.all_updates if u.ref in trunks and u.after != ZERO]

    def head(self, name: str, moment: datetime) -> str:
        """Head of the default branch at a moment."""
        heads = self._trunk[name]
        return heads[bisect_right(heads, moment, key=lambda entry: entry[0]) - 1][1]

    def _deploy(self) -> None:
        released: dict[int, str] = {}
        runs: dict[tuple[str, int], Run | None] = {}
        planned = timetable.deployments(self.world.seed)
        newest: dict[tuple[str, str], Deployed] = {}
        for entry in planned:
            repo = self.world.repos[entry.repo]
            sha = released.setdefault(entry.release, self.head(entry.repo, entry.started_at))
            key = (entry.repo, entry.run_number)
            if key not in runs:
                runs[key] = self._run(repo, sha, entry, planned)
            run = runs[key]
            if run is not None and run not in self.runs[entry.repo]:
                self.runs[entry.repo].append(run)
            creator = self.world.cast.ci_bot if run else self.world.cast.person("E1009")
            number = DEPLOYMENT_IDS + entry.number
            statuses = (
                (number * 10 + 1, "in_progress", entry.started_at + timedelta(seconds=20)),
                (number * 10 + 2, entry.outcome, entry.finished_at),
            )
            found = Deployed(number, repo, sha, entry.environment, creator, entry, run, statuses)
            self.deployments[entry.repo].append(found)
            # A success makes GitHub mark the one before it inactive.
            if entry.outcome == "success":
                before = newest.get((entry.repo, entry.environment))
                newest[entry.repo, entry.environment] = found
                if before is not None:
                    index = self.deployments[entry.repo].index(before)
                    gone = (before.id * 10 + 3, "inactive", entry.finished_at)
                    replaced = Deployed(**{**before.__dict__, "statuses": (*before.statuses, gone)})
                    self.deployments[entry.repo][index] = replaced

    def _run(self, repo: Repo, sha: str, entry: timetable.Deployment, planned: Any) -> Run | None:
        """The workflow run behind a deployment; None where none can be found."""
        if entry.anomaly == "run_missing":
            return None
        jobs = [other for other in planned if (other.repo, other.run_number) == (entry.repo, entry.run_number)]
        adhoc = entry.anomaly == "workflow_unknown"
        return Run(
            id=RUN_IDS + repo.id * 1000 + entry.run_number,
            number=entry.run_number,
            repo=repo,
            path=ADHOC_PATH if adhoc else DEPLOY_PATH,
            event="workflow_dispatch" if adhoc else "push",
            branch=repo.default_branch(entry.started_at),
            sha=sha,
            actor=self._merger(repo, sha),
            created_at=min(job.started_at for job in jobs) - 3 * MINUTE,
            completed_at=max(job.finished_at for job in jobs),
            conclusion="success" if all(job.outcome == "success" for job in jobs) else "failure",
        )

    def _merger(self, repo: Repo, sha: str) -> Actor:
        pulls = repo.builder.pulls
        found = next((pull.merged_by for pull in pulls if pull.merge_sha == sha and pull.merged_by), None)
        return found or repo.builder.commits[sha].author

    def _test(self) -> None:
        """One workflow run for each suite that GitHub Actions ran."""
        for name, repo in self.world.repos.items():
            suites: dict[int, list[Any]] = {}
            for check in repo.builder.runs:
                if check.app == "github-actions":
                    suites.setdefault(check.suite_id, []).append(check)
            for index, (suite, checks) in enumerate(suites.items(), 1):
                newest = max(check.attempt for check in checks)
                done = [check.completed_at or check.started_at for check in checks]
                failed = any(check.conclusion == "failure" for check in checks if check.attempt == newest)
                commit = repo.builder.commits[checks[0].sha]
                self.runs[name].append(
                    Run(
                        suite,
                        index,
                        repo,
                        CI_PATH,
                        "pull_request",
                        "change",
                        checks[0].sha,
                        commit.author,
                        min(check.started_at for check in checks),
                        max(done),
                        "failure" if failed else "success",
                        newest,
                    )
                )

    def _validate(self) -> None:
        """An end-to-end run for each validation of a staged release that no person made."""
        for found in validations(self.world.seed):
            if found.story in BY_HAND:
                continue
            deployed, entry = self.deployed(found.staging), found.staging
            runs = self.runs[entry.repo]
            again = sum(run.path == E2E_PATH and run.number == entry.run_number for run in runs)
            runs.append(
                Run(
                    id=RUN_IDS + 20_000_000 + deployed.repo.id * 1000 + entry.run_number + 500 * again,
                    number=entry.run_number,
                    repo=deployed.repo,
                    path=E2E_PATH,
                    event="deployment_status",
                    branch=deployed.repo.default_branch(entry.started_at),
                    sha=deployed.sha,
                    actor=self.world.cast.ci_bot,
                    created_at=found.ended_at - 5 * MINUTE,
                    completed_at=found.ended_at,
                    conclusion="success" if found.passed else "failure",
                )
            )

    def deployed(self, planned: timetable.Deployment) -> Deployed:
        """The deployment of an entry of the timetable."""
        return next(found for found in self.deployments[planned.repo] if found.planned == planned)

    # evidence

    def artifacts(self, name: str, now: datetime) -> list[Deployed]:
        """Production deployments whose run has uploaded its evidence record, oldest first."""
        return [
            found
            for found in self.deployments[name]
            if found.environment == "production"
            and found.run
            and found.planned.outcome == "success"
            and found.planned.finished_at + UPLOADED_AFTER <= now
        ]

    def evidence(self, deployed: Deployed) -> dict[str, Any]:
        """What the pipeline's own step wrote about a deployment."""
        pull = next((p for p in deployed.repo.builder.pulls if p.merge_sha == deployed.sha), None)
        approvers = [r.author.login for r in pull.reviews if r.state == "APPROVED"] if pull else []
        commit = deployed.repo.builder.commits[deployed.sha]
        record = {
            "change_id": deployed.sha,
            "pr_number": pull.number if pull else None,
            "author": pull.author.login if pull else commit.author.login,
            "reviewer": approvers[0] if approvers else None,
            "tests_passed": True,
            "deployed_at": iso(deployed.planned.finished_at),
            "environment": deployed.environment,
            "deployment_id": deployed.id,
            "run_id": deployed.run.id if deployed.run else None,
            "monitoring": monitoring(deployed.planned, self.world.seed),
        }
        canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
        return record | {"record_sha256": hashlib.sha256(canonical.encode()).hexdigest()}

    # truth

    def facts(self) -> list[Fact]:
        """What CM-08 must say about deployments; keyed by the deployment's id."""
        codes = {
            "run_missing": ("NO_PIPELINE_LINK", "deployment without any workflow run behind it"),
            "workflow_unknown": ("UNKNOWN_WORKFLOW", "run of a workflow that is not registered for deployments"),
            "foreign_ip": ("CREDENTIAL_REUSE", "the run's session in the cloud came from outside the runner ranges"),
        }
        twins = {
            "production_failed": "a failed deployment with its run",
            "rollback": "an earlier release deployed again by the pipeline",
        }
        found: list[Fact] = []
        for deployed in (entry for entries in self.deployments.values() for entry in entries):
            anomaly, key = deployed.planned.anomaly or "", str(deployed.id)
            if deployed.environment == "production" and anomaly in codes:
                code, why = codes[anomaly]
                seen = first_day(deployed.planned.finished_at)
                found.append(Fact("CM-08", "violations", key, why, code, seen))
            elif deployed.environment == "production" and anomaly in twins:
                seen = first_day(deployed.planned.finished_at)
                found.append(Fact("CM-08", "near_misses", key, twins[anomaly], first=seen))
        return found


@lru_cache(maxsize=2)
def pipeline_of(company: Any) -> Pipeline:
    """The pipeline of a company's whole history, for registers that speak of it."""
    return Pipeline(World(company))

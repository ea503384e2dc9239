"""REST answers of the sandbox's GitHub about deployments, workflow runs and artefacts."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.github.bodies import SITE, node, owner, repository, user
from soc2_warehouse.sandbox.github.model import BEGINNING, iso
from soc2_warehouse.sandbox.github.pipeline import ARTIFACT_IDS, ARTIFACT_NAME, RETENTION, UPLOADED_AFTER, Deployed, Run


def app(slug: str, base: str) -> dict[str, Any]:
    created = iso(BEGINNING)
    return {
        "id": 15368,
        "slug": slug,
        "node_id": node("App", slug),
        "owner": owner(base),
        "name": slug,
        "description": None,
        "external_url": SITE,
        "html_url": f"{SITE}/apps/{slug}",
        "created_at": created,
        "updated_at": created,
        "permissions": {},
        "events": [],
    }


def digest(found: Deployed) -> str:
    """A release is a build: the same commit built again is another artefact."""
    return "sha256:" + hashlib.sha256(f"{found.sha}/{found.planned.release}".encode()).hexdigest()


def deployment(found: Deployed, now: datetime, base: str) -> dict[str, Any]:
    url = f"{base}/repos/{found.repo.full_name}"
    states = [moment for _, _, moment in found.statuses if moment <= now]
    payload = {"service": found.planned.service, "digest": digest(found)}
    return {
        "url": f"{url}/deployments/{found.id}",
        "id": found.id,
        "node_id": node("Deployment", found.id),
        "sha": found.sha,
        "ref": found.repo.default_branch(found.planned.started_at),
        "task": "deploy",
        "payload": payload | ({"run_id": found.run.id} if found.run else {}),
        "original_environment": found.environment,
        "environment": found.environment,
        "description": None,
        "creator": user(found.creator, base),
        "created_at": iso(found.planned.started_at),
        "updated_at": iso(max([found.planned.started_at, *states])),
        "statuses_url": f"{url}/deployments/{found.id}/statuses",
        "repository_url": url,
        "transient_environment": False,
        "production_environment": found.environment == "production",
        "performed_via_github_app": app("github-actions", base) if found.run else None,
    }


def log_url(found: Deployed) -> str:
    return f"{SITE}/{found.repo.full_name}/actions/runs/{found.run.id}/job/{found.id}" if found.run else ""


def deployment_status(found: Deployed, number: int, state: str, moment: datetime, base: str) -> dict[str, Any]:
    url = f"{base}/repos/{found.repo.full_name}"
    return {
        "url": f"{url}/deployments/{found.id}/statuses/{number}",
        "id": number,
        "node_id": node("DeploymentStatus", number),
        "state": state,
        "creator": user(found.creator, base),
        "description": "",
        "environment": found.environment,
        "target_url": log_url(found),
        "created_at": iso(moment),
        "updated_at": iso(moment),
        "deployment_url": f"{url}/deployments/{found.id}",
        "repository_url": url,
        "environment_url": "",
        "log_url": log_url(found),
    }


def run(found: Run, now: datetime, base: str) -> dict[str, Any]:
    url = f"{base}/repos/{found.repo.full_name}/actions"
    link = f"{url}/runs/{found.id}"
    done = found.completed_at <= now
    links = {f"{name}_url": f"{link}/{name}" for name in ("jobs", "logs", "artifacts", "cancel", "rerun")}
    head = found.repo.builder.commits[found.sha]
    written = {"name": head.author.login, "email": head.author.email}
    return {
        "id": found.id,
        "name": found.path.split("/")[-1].removesuffix(".yml"),
        "node_id": node("WorkflowRun", found.id),
        "head_branch": found.branch,
        "head_sha": found.sha,
        "path": found.path,
        "display_title": head.message.split("\n")[0],
        "run_number": found.number,
        "run_attempt": found.attempt,
        "event": found.event,
        "status": "completed" if done else "in_progress",
        "conclusion": found.conclusion if done else None,
        "workflow_id": 600 + len(found.path),
        "check_suite_id": found.id,
        "url": link,
        "html_url": f"{SITE}/{found.repo.full_name}/actions/runs/{found.id}",
        "pull_requests": [],
        "created_at": iso(found.created_at),
        "updated_at": iso(found.completed_at if done else found.created_at),
        "run_started_at": iso(found.created_at),
        "actor": user(found.actor, base),
        "triggering_actor": user(found.actor, base),
        **links,
        "check_suite_url": f"{base}/repos/{found.repo.full_name}/check-suites/{found.id}",
        "workflow_url": f"{url}/workflows/{600 + len(found.path)}",
        "head_commit": {
            "id": found.sha,
            "tree_id": found.sha[::-1],
            "message": head.message,
            "timestamp": iso(head.committed_at),
            "author": written,
            "committer": written,
        },
        "repository": repository(found.repo, now, base),
        "head_repository": repository(found.repo, now, base),
    }


def artifact(found: Deployed, now: datetime, base: str) -> dict[str, Any]:
    created = found.planned.finished_at + UPLOADED_AFTER
    number = ARTIFACT_IDS + found.planned.number
    url = f"{base}/repos/{found.repo.full_name}/actions/artifacts/{number}"
    return {
        "id": number,
        "node_id": node("Artifact", number),
        "name": ARTIFACT_NAME,
        "size_in_bytes": 420,
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": created + RETENTION <= now,
        "created_at": iso(created),
        "updated_at": iso(created),
        "expires_at": iso(created + RETENTION),
        "workflow_run": {
            "id": found.run.id if found.run else None,
            "repository_id": found.repo.id,
            "head_repository_id": found.repo.id,
            "head_branch": "main",
            "head_sha": found.sha,
        },
    }

"""REST routes of the sandbox's GitHub: activity, commits, deployments, workflow runs and artefacts of a repository."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, redirect, request

from soc2_warehouse.sandbox.github import bodies, bodies_actions, tags
from soc2_warehouse.sandbox.github.pipeline import ARTIFACT_IDS, ARTIFACT_NAME
from soc2_warehouse.sandbox.github.state import State, by_cursor, numbered, page_size, refuse

RUN_CAP = 1000  # as GitHub: a filtered list shows at most this many runs
PERIODS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}


def add_routes(app: Flask, state: State) -> None:
    """Register the repositories' routes."""

    @app.get("/repos/<org>/<name>/activity")
    def activity(org: str, name: str) -> Response:
        found = state.repo(org, name).updates(state.now())
        if ref := state.arg("ref"):
            found = [update for update in found if update.ref == ref or update.ref == f"refs/heads/{ref}"]
        if days := PERIODS.get(state.arg("time_period")):
            found = [update for update in found if update.at >= state.now() - timedelta(days=days)]
        if state.arg("direction", "desc") == "desc":
            found = found[::-1]
        return by_cursor(found, lambda update: update.id, lambda update: bodies.activity(update, state.base))

    @app.get("/repos/<org>/<name>/compare/<spec>")
    def compare(org: str, name: str, spec: str) -> Response:
        repo, now = state.repo(org, name), state.now()
        before, _, after = spec.partition("...")
        old, new = repo.commit(before, now), repo.commit(after, now)
        if old is None or new is None:
            refuse(404, "Not Found")
        found, lost = repo.between(before, after), repo.between(after, before)
        base = repo.merge_base(before, after)
        size, number = page_size(), max(1, int(request.args.get("page", 1)))
        listed = found[(number - 1) * size : number * size] if "page" in request.args else found[:250]
        url = f"{state.base}/repos/{repo.full_name}/compare/{spec}"
        direction = "diverged" if found and lost else "ahead" if found else "behind" if lost else "identical"
        body = {
            "url": url,
            "html_url": url,
            "permalink_url": url,
            "diff_url": f"{url}.diff",
            "patch_url": f"{url}.patch",
            "base_commit": bodies.commit(old, repo, state.base),
            "merge_base_commit": bodies.commit(repo.builder.commits[base], repo, state.base),
            "status": direction,
            "ahead_by": len(found),
            "behind_by": len(lost),
            "total_commits": len(found),
            "commits": [bodies.commit(commit, repo, state.base) for commit in listed],
            "files": [bodies.file(commit, repo, state.base) for commit in found],
        }
        return jsonify(body)

    @app.get("/repos/<org>/<name>/git/matching-refs/tags/")
    def tag_refs(org: str, name: str) -> Response:
        repo = state.repo(org, name)
        if not repo.branches(state.now()):
            refuse(409, "Git Repository is empty.")
        found = list(tags.tags(repo, state.now()).items())
        return jsonify([bodies.tag(repo, tag, sha, state.base) for tag, sha in found])

    @app.get("/repos/<org>/<name>/commits/<sha>/pulls")
    def commit_pulls(org: str, name: str, sha: str) -> Response:
        repo = state.repo(org, name)
        return numbered(repo.pulls_of(sha, state.now()), lambda pull: {"id": pull.id, "number": pull.number})

    @app.get("/repos/<org>/<name>/commits/<sha>/statuses")
    def statuses(org: str, name: str, sha: str) -> Response:
        repo, now = state.repo(org, name), state.now()
        found = [status for status in repo.builder.statuses if status.sha == sha and status.created_at <= now]
        return numbered(found[::-1], lambda status: bodies.status(status, repo, state.base))

    @app.get("/repos/<org>/<name>/deployments")
    def deployments(org: str, name: str) -> Response:
        state.repo(org, name)
        now = state.now()
        found = [entry for entry in state.pipeline.deployments[name] if entry.planned.started_at <= now]
        if environment := state.arg("environment"):
            found = [entry for entry in found if entry.environment == environment]
        found = sorted(found, key=lambda entry: (entry.planned.started_at, entry.id), reverse=True)
        return numbered(found, lambda entry: bodies_actions.deployment(entry, now, state.base))

    @app.get("/repos/<org>/<name>/deployments/<int:number>")
    def deployment(org: str, name: str, number: int) -> Response:
        state.repo(org, name)
        found = next((entry for entry in state.pipeline.deployments[name] if entry.id == number), None)
        if found is None or found.planned.started_at > state.now():
            refuse(404, "Not Found")
        return jsonify(bodies_actions.deployment(found, state.now(), state.base))

    @app.get("/repos/<org>/<name>/deployments/<int:number>/statuses")
    def deployment_statuses(org: str, name: str, number: int) -> Response:
        state.repo(org, name)
        found = next((entry for entry in state.pipeline.deployments[name] if entry.id == number), None)
        if found is None or found.planned.started_at > state.now():
            refuse(404, "Not Found")
        shown = [entry for entry in found.statuses if entry[2] <= state.now()][::-1]
        return numbered(
            shown, lambda entry: bodies_actions.deployment_status(found, entry[0], entry[1], entry[2], state.base)
        )

    @app.get("/repos/<org>/<name>/actions/runs")
    def runs(org: str, name: str) -> Response:
        state.repo(org, name)
        now = state.now()
        found = [run for run in state.pipeline.runs[name] if run.created_at <= now]
        first, last = _range(state.arg("created"))
        found = [run for run in found if first <= run.created_at <= last][::-1]
        return numbered(found, lambda run: bodies_actions.run(run, now, state.base), "workflow_runs", RUN_CAP)

    @app.get("/repos/<org>/<name>/actions/artifacts")
    def artifacts(org: str, name: str) -> Response:
        state.repo(org, name)
        now = state.now()
        found = state.pipeline.artifacts(name, now)[::-1]
        if state.arg("name", ARTIFACT_NAME) != ARTIFACT_NAME:
            found = []
        return numbered(found, lambda entry: bodies_actions.artifact(entry, now, state.base), "artifacts")

    @app.get("/repos/<org>/<name>/actions/artifacts/<int:number>/zip")
    def download(org: str, name: str, number: int) -> Any:
        state.repo(org, name)
        found = next((e for e in state.pipeline.artifacts(name, state.now()) if _number(e) == number), None)
        if found is None:
            refuse(404, "Not Found")
        if bodies_actions.artifact(found, state.now(), state.base)["expired"]:
            refuse(410, "Artifact has expired")
        # As GitHub does: a short-lived address elsewhere, which wants no token.
        return redirect(f"{state.base}/_blobs/{name}/{number}", 302)

    @app.get("/_blobs/<name>/<int:number>")
    def blob(name: str, number: int) -> Response:
        found = next(entry for entry in state.pipeline.artifacts(name, state.now()) if _number(entry) == number)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            entry = zipfile.ZipInfo("deployment-evidence.json", (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, json.dumps(state.pipeline.evidence(found)))
        return Response(packed.getvalue(), content_type="application/zip")


def _number(entry: Any) -> int:
    return int(ARTIFACT_IDS + entry.planned.number)


def _range(created: str) -> tuple[datetime, datetime]:
    """The bounds of a ``created`` filter: ``A..B``, ``>=A`` or nothing."""
    least, most = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    if not created:
        return least, most
    first, _, last = created.removeprefix(">=").partition("..")

    def read(text: str, default: datetime) -> datetime:
        if text in ("", "*"):
            return default
        value = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return value if value.tzinfo else value.replace(tzinfo=UTC)

    return read(first, least), read(last, most)

"""REST routes of the sandbox's GitHub: the organisation, its people and audit log, its repositories and their rules."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify

from soc2_warehouse.sandbox.github import alerts, audit, bodies, rules, tags
from soc2_warehouse.sandbox.github.model import BEGINNING, iso
from soc2_warehouse.sandbox.github.state import State, by_cursor, numbered, refuse
from soc2_warehouse.sandbox.github.world import Repo
from soc2_warehouse.sandbox.rhythm import moment

APPS = (("dependabot", 29110), ("copilot-swe-agent", 1143301), ("acme-reviewer", 800012), ("slack", 7121))
APP_PERMISSIONS = {"contents": "read", "pull_requests": "write"}


#: GH_2FA_NOT_REQUIRED and GH_MEMBER_NO_2FA (AC-02) until then.
REQUIRED_SINCE = moment("2026-07-02T10:00")
WITHOUT_FACTOR = {"E1029": moment("2026-07-01T16:00")}


def _filtered(state: State, account: Any) -> bool:
    """Whether the account is in the list with the filter of the request; without a second factor only some are."""
    if state.arg("filter", "all") != "2fa_disabled":
        return True
    people = {state.world.cast.person(ref).login: until for ref, until in WITHOUT_FACTOR.items()}
    return account.login in people and state.now() < people[account.login]


def add_routes(app: Flask, state: State) -> None:
    """Register the organisation's routes."""

    @app.get("/orgs/<org>")
    def organisation(org: str) -> Response:
        state.org(org)
        return jsonify(
            bodies.organisation(
                state.base,
                sum(repo.created_at <= state.now() for repo in state.world.repos.values()),
                state.now() >= REQUIRED_SINCE,
            )
        )

    @app.get("/user")
    def user() -> Response:
        return jsonify(bodies.user(state.world.cast.release_bot, state.base))

    @app.get("/orgs/<org>/members")
    def members(org: str) -> Response:
        state.org(org)
        wanted = state.arg("role", "all")
        known = [known for known in _accounts(state) if known.role in ("admin", "member") and _filtered(state, known)]
        return _people(state, [account for account in known if wanted in ("all", account.role)])

    @app.get("/orgs/<org>/outside_collaborators")
    def outside(org: str) -> Response:
        state.org(org)
        known = [known for known in _accounts(state) if known.role == "outside_collaborator"]
        return _people(state, [account for account in known if _filtered(state, account)])

    @app.get("/orgs/<org>/installations")
    def installations(org: str) -> Response:
        state.org(org)
        return numbered(APPS, lambda known: _installation(state, *known), "installations")

    @app.get("/orgs/<org>/audit-log")
    def audit_log(org: str) -> Response:
        state.org(org)
        if not state.audit_available:
            refuse(404, "Not Found")
        events = audit.visible(state.audit_log, state.now())
        if state.arg("include", "web") == "web":
            events = [event for event in events if not event["action"].startswith("git.")]
        if since := re.search(r"created:>=(\S+)", state.arg("phrase")):
            first = datetime.fromisoformat(since.group(1).replace("Z", "+00:00")).timestamp() * 1000
            events = [event for event in events if event["@timestamp"] >= first]
        if state.arg("order", "desc") == "desc":
            events = events[::-1]
        return by_cursor(events, lambda event: event["_document_id"], lambda event: event)

    @app.get("/orgs/<org>/secret-scanning/alerts")
    def secret_alerts(org: str) -> Response:
        state.org(org)
        hidden = state.arg("hide_secret") == "true"
        return numbered(
            alerts.shown(state.now()),
            lambda alert: bodies.secret_alert(alert, state.world.repos[alert.repo], state.now(), state.base, hidden),
        )

    @app.get("/orgs/<org>/rulesets/rule-suites")
    def rule_suites(org: str) -> Response:
        state.org(org)
        if not state.suites_available:
            refuse(404, "Not Found")
        days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30}[state.arg("time_period", "day")]
        found = tags.suites(state.world, state.now() - timedelta(days=days), state.now())
        if state.arg("rule_suite_result", "all") not in ("all", "bypass"):
            found = []
        return numbered(found[::-1], lambda suite: suite)

    @app.get("/orgs/<org>/repos")
    def repositories(org: str) -> Response:
        state.org(org)
        now = state.now()
        known = [repo for repo in state.world.repos.values() if repo.created_at <= now]
        return numbered(known, lambda repo: bodies.repository(repo, now, state.base))

    @app.get("/repos/<org>/<name>/collaborators")
    def collaborators(org: str, name: str) -> Response:
        repo = state.repo(org, name)
        known = [(account, repo_role(account, repo.name)) for account in _accounts(state)]
        return numbered([pair for pair in known if pair[1]], lambda pair: _collaborator(state, *pair))

    @app.get("/repos/<org>/<name>/branches")
    def branches(org: str, name: str) -> Response:
        repo = state.repo(org, name)
        found = list(repo.branches(state.now()).items())
        return numbered(
            found, lambda item: bodies.branch(repo, item[0], item[1], _protected(state, repo, item[0]), state.base)
        )

    @app.get("/repos/<org>/<name>/branches/<path:branch>/protection")
    def protection(org: str, name: str, branch: str) -> Response:
        repo = state.repo(org, name)
        if branch not in repo.branches(state.now()):
            refuse(404, "Branch not found")
        settings = rules.classic(name, branch, state.now())
        if settings is None:
            refuse(404, "Branch not protected")
        return jsonify(bodies.protection(repo, branch, settings, state.base))

    @app.get("/repos/<org>/<name>/rules/branches/<path:branch>")
    def branch_rules(org: str, name: str, branch: str) -> Response:
        repo = state.repo(org, name)
        return numbered(_active_rules(state, repo, branch), lambda rule: rule)

    @app.get("/repos/<org>/<name>/rulesets")
    def rulesets(org: str, name: str) -> Response:
        repo = state.repo(org, name)
        found = rules.rulesets(name, state.now())
        return numbered(found, lambda ruleset: bodies.ruleset(ruleset, repo, state.base, False))

    @app.get("/repos/<org>/<name>/rulesets/<int:number>")
    def ruleset(org: str, name: str, number: int) -> Response:
        repo = state.repo(org, name)
        found = next((r for r in rules.rulesets(name, state.now()) if r.id == number), None)
        if found is None:
            refuse(404, "Not Found")
        return jsonify(bodies.ruleset(found, repo, state.base, True))


def repo_role(account: Any, repo: str) -> str | None:
    """Owners administer every repository, members write, an outside collaborator writes where invited."""
    if account.role == "outside_collaborator":
        return "write" if repo == "mobile" else None
    return {"admin": "admin", "member": "write"}.get(account.role)


def _collaborator(state: State, account: Any, role: str) -> dict[str, Any]:
    levels = ("pull", "triage", "push", "maintain", "admin")
    most = levels.index({"admin": "admin", "write": "push"}[role])
    permissions = {level: place <= most for place, level in enumerate(levels)}
    user = bodies.user(state.world.cast.actor(account), state.base)
    return user | {"permissions": permissions, "role_name": role}


def _accounts(state: State) -> list[Any]:
    now = state.now()
    return sorted((known for known in state.world.cast.accounts if known.member(now)), key=lambda known: known.user_id)


def _people(state: State, accounts: list[Any]) -> Response:
    return numbered(accounts, lambda account: bodies.user(state.world.cast.actor(account), state.base))


def _active_rules(state: State, repo: Repo, branch: str) -> list[dict[str, Any]]:
    now, found = state.now(), []
    is_default = branch == repo.default_branch(now)
    for ruleset in rules.rulesets(repo.name, now):
        if ruleset.enforcement == "active" and rules.applies(ruleset, branch, is_default):
            listed = bodies.ruleset(ruleset, repo, state.base, False)
            origin = {
                "ruleset_source_type": listed["source_type"],
                "ruleset_source": listed["source"],
                "ruleset_id": ruleset.id,
            }
            found += [rule | origin for rule in ruleset.rules]
    return found


def _protected(state: State, repo: Repo, branch: str) -> bool:
    return rules.classic(repo.name, branch, state.now()) is not None or bool(_active_rules(state, repo, branch))


def _installation(state: State, slug: str, number: int) -> dict[str, Any]:
    url = f"{state.base}/app/installations/{number}"
    return {
        "id": number,
        "account": bodies.owner(state.base),
        "repository_selection": "all",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{state.base}/installation/repositories",
        "html_url": f"{bodies.SITE}/organizations/acme/settings/installations/{number}",
        "app_id": number + 1,
        "app_slug": slug,
        "target_id": 7001,
        "target_type": "Organization",
        "permissions": APP_PERMISSIONS,
        "events": ["pull_request"],
        "created_at": iso(BEGINNING),
        "updated_at": iso(BEGINNING),
        "single_file_name": None,
        "suspended_by": None,
        "suspended_at": None,
    }

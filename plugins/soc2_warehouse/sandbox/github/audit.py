"""The sandbox's organisation audit log: membership, protection, rulesets and pushes, as GitHub writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.github import rules
from soc2_warehouse.sandbox.github.model import BEGINNING, ORG_ID, OWNER, Actor, sha_of
from soc2_warehouse.sandbox.github.world import World
from soc2_warehouse.sandbox.rhythm import moment

KEPT, GIT_KEPT = timedelta(days=180), timedelta(days=7)
# Removals that no event tells: the provider lost it, only the member list shows that the account is gone.
UNTOLD = {"E1065"}


def events(world: World) -> list[dict[str, Any]]:
    """Every event there will ever be, oldest first."""
    admin = world.cast.person("E1007")
    found: list[dict[str, Any]] = []
    for account in world.cast.accounts:
        if account.role == "app":
            continue
        person = world.cast.people.get(account.person_key)
        user = {"user": account.login, "user_id": account.user_id}
        kind = "add_outside_collaborator" if account.role == "outside_collaborator" else "add_member"
        found.append(_event(f"org.{kind}", admin, account.joined_at, **user))
        if account.removed_at and not (person and person.ref in UNTOLD):
            kind = "remove_outside_collaborator" if account.role == "outside_collaborator" else "remove_member"
            found.append(_event(f"org.{kind}", admin, account.removed_at, **user))
    found += _protection(world)
    # A contractor's access to one repository was to end on 2026-07-02: TEMPORARY_NOT_REMOVED (AC-19) until it went.
    guest, repo = world.cast.person("C001"), world.repos["payments"]
    for kind, when in (("add", "2026-06-10T10:00"), ("remove", "2026-07-06T10:00")):
        named = {"repo": repo.full_name, "repo_id": repo.id, "user": guest.login, "user_id": guest.id}
        found.append(_event(f"repo.{kind}_member", admin, moment(when), **named))
    for repo in world.repos.values():
        named = {"repo": repo.full_name, "repo_id": repo.id}
        found.append(_event("repo.create", admin, repo.created_at, **named))
        if repo.archived_at:
            found.append(_event("repo.archived", admin, repo.archived_at, **named))
        for update in repo.all_updates:
            push = update.type in ("push", "force_push")
            if push:
                found.append(_event("git.push", update.actor, update.at, **named))
            branch = update.ref.removeprefix("refs/heads/")
            if push and rules.classic(repo.name, branch, update.at):
                found.append(_event("protected_branch.policy_override", update.actor, update.at, name=branch, **named))
    return sorted(found, key=lambda event: (event["@timestamp"], event["_document_id"]))


def _protection(world: World) -> list[dict[str, Any]]:
    found = []
    starts = {(held.repo, held.branch, held.since) for held in rules.CLASSIC}
    ends = {(held.repo, held.branch, held.until) for held in rules.CLASSIC}
    for held in rules.CLASSIC:
        repo = world.repos[held.repo]
        named = {"repo": repo.full_name, "repo_id": repo.id, "name": held.branch}
        actor = world.cast.person(held.by)
        if held.since > BEGINNING:
            changed = (held.repo, held.branch, held.since) in ends
            action = "update_required_status_checks_enforcement_level" if changed else "create"
            found.append(_event(f"protected_branch.{action}", actor, held.since, **named))
        if held.until < rules.FAR and (held.repo, held.branch, held.until) not in starts:
            found.append(_event("protected_branch.destroy", actor, held.until, **named))
    for ruleset in rules.RULESETS:
        for name in ruleset.repos or ():
            repo = world.repos[name]
            enforcement = {"active": "enabled"}.get(ruleset.enforcement, ruleset.enforcement)
            found.append(
                _event(
                    "repository_ruleset.create",
                    world.cast.person("E1007"),
                    max(ruleset.since, repo.created_at),
                    repo=repo.full_name,
                    repo_id=repo.id,
                    ruleset_id=ruleset.id,
                    ruleset_name=ruleset.name,
                    ruleset_enforcement=enforcement,
                    ruleset_source_type="Repository",
                )
            )
    return found


def _event(action: str, actor: Actor, when: datetime, **fields: Any) -> dict[str, Any]:
    stamp = int(when.timestamp() * 1000)
    return {
        "@timestamp": stamp,
        "_document_id": sha_of("audit", action, stamp, *sorted(map(str, fields.values())))[:22],
        "action": action,
        "actor": actor.login,
        "actor_id": actor.id,
        "created_at": stamp,
        "org": OWNER,
        "org_id": ORG_ID,
        "operation_type": "modify",
        **fields,
    }


def visible(known: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """What the log still holds at a moment: 180 days, git events 7 days."""

    def kept(event: dict[str, Any]) -> bool:
        age = now - datetime.fromtimestamp(event["@timestamp"] / 1000, tz=now.tzinfo)
        return timedelta(0) <= age <= (GIT_KEPT if event["action"].startswith("git.") else KEPT)

    return [event for event in known if kept(event)]

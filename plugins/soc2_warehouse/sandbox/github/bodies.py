"""REST answers of the sandbox's GitHub, object by object, in the shape of GitHub's published schema."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.github import alerts
from soc2_warehouse.sandbox.github.model import BEGINNING, ORG_ID, OWNER, Actor, Commit, RefUpdate, Status, iso
from soc2_warehouse.sandbox.github.rules import Classic, Ruleset
from soc2_warehouse.sandbox.github.world import Repo

SITE = "https://github.example"
# fmt: off
USER_LINKS = (
    "followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events",
    "received_events",
)
REPO_LINKS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
    "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags",
    "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones", "notifications",
    "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams", "trees", "hooks",
)
# fmt: on


def node(kind: str, number: object) -> str:
    """A global node id, opaque to clients."""
    return b64encode(f"{kind}:{number}".encode()).decode()


def user(actor: Actor, base: str) -> dict[str, Any]:
    url = f"{base}/users/{actor.login}"
    return {
        "login": actor.login,
        "id": actor.id,
        "node_id": node(actor.kind, actor.id),
        "avatar_url": f"{SITE}/avatars/{actor.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{SITE}/{actor.login}",
        **{f"{name}_url": f"{url}/{name}" for name in USER_LINKS},
        "type": actor.kind,
        "site_admin": False,
    }


def owner(base: str) -> dict[str, Any]:
    return user(Actor(ORG_ID, OWNER), base) | {"type": "Organization"}


def organisation(base: str, repos: int, two_factor: bool = True) -> dict[str, Any]:
    url = f"{base}/orgs/{OWNER}"
    links = {f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues", "members")}
    return {
        "login": OWNER,
        "id": ORG_ID,
        "node_id": node("Organization", ORG_ID),
        "url": url,
        **links,
        "public_members_url": f"{url}/public_members",
        "avatar_url": f"{SITE}/avatars/{ORG_ID}",
        "description": "The sandbox company",
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "total_private_repos": repos,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{SITE}/{OWNER}",
        "type": "Organization",
        "default_repository_permission": "read",
        "two_factor_requirement_enabled": two_factor,
        "created_at": iso(BEGINNING),
        "updated_at": iso(BEGINNING),
        "archived_at": None,
    }


def repository(repo: Repo, now: datetime, base: str) -> dict[str, Any]:
    url = f"{base}/repos/{repo.full_name}"
    updates = repo.updates(now)
    pushed = updates[-1].at if updates else repo.created_at
    return {
        "id": repo.id,
        "node_id": node("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": True,
        "owner": owner(base),
        "html_url": f"{SITE}/{repo.full_name}",
        "description": None,
        "fork": False,
        "url": url,
        **{f"{name}_url": f"{url}/{name}" for name in REPO_LINKS},
        "default_branch": repo.default_branch(now),
        "archived": repo.archived(now),
        "disabled": False,
        "visibility": "private",
        "size": len(updates) * 3,
        "created_at": iso(repo.created_at),
        "updated_at": iso(pushed),
        "pushed_at": iso(pushed),
        "security_and_analysis": {
            "secret_scanning": {"status": "enabled" if alerts.scanned(repo.name, now) else "disabled"},
        },
    }


def secret_alert(alert: alerts.Alert, repo: Repo, now: datetime, base: str, hidden: bool) -> dict[str, Any]:
    url = f"{base}/repos/{repo.full_name}/secret-scanning/alerts/{alert.number}"
    closed = alerts.resolved(alert, now)
    return {
        "number": alert.number,
        "created_at": iso(alert.created_at),
        "updated_at": iso(closed[0] if closed else alert.created_at),
        "url": url,
        "html_url": f"{SITE}/{repo.full_name}/security/secret-scanning/{alert.number}",
        "locations_url": f"{url}/locations",
        "state": "resolved" if closed else "open",
        "resolution": closed[1] if closed else None,
        "resolved_at": iso(closed[0]) if closed else None,
        "resolved_by": None,
        "secret_type": alert.secret_type,
        "secret_type_display_name": alert.secret_type.replace("_", " ").capitalize(),
        "validity": alerts.validity(alert, now),
        "push_protection_bypassed": False,
        "repository": {"id": repo.id, "name": repo.name, "full_name": repo.full_name, "private": True},
        **({} if hidden else {"secret": "not-a-secret"}),
    }


def branch(repo: Repo, name: str, sha: str, protected: bool, base: str) -> dict[str, Any]:
    url = f"{base}/repos/{repo.full_name}"
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        "protected": protected,
        "protection_url": f"{url}/branches/{name}/protection",
    }


def protection(repo: Repo, name: str, settings: Classic, base: str) -> dict[str, Any]:
    url = f"{base}/repos/{repo.full_name}/branches/{name}/protection"
    body: dict[str, Any] = {"url": url}
    if settings.contexts is not None:
        body["required_status_checks"] = {
            "url": f"{url}/required_status_checks",
            "strict": settings.strict,
            "contexts": list(settings.contexts),
            "contexts_url": f"{url}/required_status_checks/contexts",
            "checks": [{"context": context, "app_id": None} for context in settings.contexts],
        }
    if settings.approvals is not None:
        reviews: dict[str, Any] = {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": settings.dismiss_stale,
            "require_code_owner_reviews": settings.code_owners,
            "require_last_push_approval": settings.last_push,
            "required_approving_review_count": settings.approvals,
        }
        if settings.allow_users:
            users = [user(Actor(index, login), base) for index, login in enumerate(settings.allow_users)]
            reviews["bypass_pull_request_allowances"] = {"users": users, "teams": [], "apps": []}
        body["required_pull_request_reviews"] = reviews
    return body | {
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": settings.enforce_admins},
        "required_linear_history": {"enabled": False},
        "allow_force_pushes": {"enabled": settings.force_push},
        "allow_deletions": {"enabled": settings.deletion},
        "required_signatures": {"url": f"{url}/required_signatures", "enabled": False},
    }


def ruleset(found: Ruleset, repo: Repo, base: str, detail: bool) -> dict[str, Any]:
    own = found.repos is not None
    body: dict[str, Any] = {
        "id": found.id,
        "name": found.name,
        "target": "tag" if found.include[0].startswith("refs/tags") else "branch",
        "source_type": "Repository" if own else "Organization",
        "source": repo.full_name if own else OWNER,
        "enforcement": found.enforcement,
        "node_id": node("RepositoryRuleset", found.id),
        "_links": {"self": {"href": f"{base}/repos/{repo.full_name}/rulesets/{found.id}"}},
        "created_at": iso(found.since),
        "updated_at": iso(found.updated_at),
    }
    if detail:
        body |= {
            "bypass_actors": list(found.bypass),
            "conditions": {"ref_name": {"include": list(found.include), "exclude": []}},
            "rules": list(found.rules),
            "current_user_can_bypass": "never",
        }
    return body


def activity(update: RefUpdate, base: str) -> dict[str, Any]:
    return {
        "id": update.id,
        "node_id": node("Push", update.id),
        "before": update.before,
        "after": update.after,
        "ref": update.ref,
        "timestamp": iso(update.at),
        "activity_type": update.type,
        "actor": user(update.actor, base),
    }


def commit(found: Commit, repo: Repo, base: str) -> dict[str, Any]:
    url = f"{base}/repos/{repo.full_name}"
    reason = "valid" if found.verified else "unsigned"
    checked = {"verified": found.verified, "reason": reason, "signature": None, "payload": None, "verified_at": None}
    return {
        "url": f"{url}/commits/{found.sha}",
        "sha": found.sha,
        "node_id": node("Commit", found.sha),
        "html_url": f"{SITE}/{repo.full_name}/commit/{found.sha}",
        "comments_url": f"{url}/commits/{found.sha}/comments",
        "commit": {
            "url": f"{url}/git/commits/{found.sha}",
            "author": {"name": found.author.login, "email": found.author.email, "date": iso(found.authored_at)},
            "committer": {
                "name": found.committer.login,
                "email": found.committer.email,
                "date": iso(found.committed_at),
            },
            "message": found.message,
            "comment_count": 0,
            "tree": {"sha": found.sha[::-1], "url": f"{url}/git/trees/{found.sha[::-1]}"},
            "verification": checked,
        },
        "author": user(found.author, base),
        "committer": user(found.committer, base),
        "parents": [{"sha": sha, "url": f"{url}/commits/{sha}"} for sha in found.parents],
    }


def status(found: Status, repo: Repo, base: str) -> dict[str, Any]:
    return {
        "url": f"{base}/repos/{repo.full_name}/statuses/{found.sha}",
        "avatar_url": None,
        "id": found.id,
        "node_id": node("StatusContext", found.id),
        "state": found.state,
        "description": None,
        "target_url": None,
        "context": found.context,
        "created_at": iso(found.created_at),
        "updated_at": iso(found.created_at),
        "creator": user(found.creator, base),
    }


#: Where commits of some subjects belong; every other is in the source folder.
FOLDERS = {"Log statements": "migrations", "Validate posting": "migrations", "Log posting": "terraform"}


def file(commit: Commit, repo: Any, base: str) -> dict[str, Any]:
    """The file that a commit changed, as comparisons list it; the sandbox's commits change one each."""
    folder = next((name for start, name in FOLDERS.items() if commit.message.startswith(start)), "src")
    path = f"{folder}/{commit.sha[:2]}.py"
    return {
        "sha": commit.sha[::-1],
        "filename": path,
        "status": "modified",
        "additions": 1,
        "deletions": 1,
        "changes": 2,
        "blob_url": f"{base}/{repo.full_name}/blob/{commit.sha}/{path}",
        "raw_url": f"{base}/{repo.full_name}/raw/{commit.sha}/{path}",
        "contents_url": f"{base}/repos/{repo.full_name}/contents/{path}?ref={commit.sha}",
        "patch": "@@ -1 +1 @@\n-old\n+new",
    }


def tag(repo: Repo, name: str, sha: str, base: str) -> dict[str, Any]:
    url = f"{base}/repos/{repo.full_name}/git"
    return {
        "ref": f"refs/tags/{name}",
        "node_id": node("Ref", f"{repo.id}:refs/tags/{name}"),
        "url": f"{url}/refs/tags/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{url}/commits/{sha}"},
    }

"""Branch protection of the sandbox's GitHub: classic settings and rulesets, each with the times they held.

What is planted for CM-02 stands beside the repository it is planted in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from soc2_warehouse.sandbox.github.builder import CONTEXTS
from soc2_warehouse.sandbox.github.model import BEGINNING, Fact, at

FAR = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Classic:
    """Classic protection of one branch. ``None`` reviews or contexts: that requirement is off."""

    approvals: int | None = 1
    dismiss_stale: bool = True
    last_push: bool = False
    code_owners: bool = False
    contexts: tuple[str, ...] | None = CONTEXTS
    strict: bool = True
    enforce_admins: bool = True
    force_push: bool = False
    deletion: bool = False
    allow_users: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ruleset:
    """A ruleset; ``repos`` None means every repository (it then belongs to the organisation)."""

    id: int
    name: str
    repos: tuple[str, ...] | None
    include: tuple[str, ...]
    rules: tuple[dict[str, Any], ...]
    enforcement: str = "active"
    bypass: tuple[dict[str, Any], ...] = ()
    since: datetime = BEGINNING
    until: datetime = FAR
    updated_at: datetime = BEGINNING


@dataclass(frozen=True)
class Held:
    """Classic protection of a branch between two moments."""

    repo: str
    branch: str
    settings: Classic
    since: datetime = BEGINNING
    until: datetime = FAR
    by: str = "E1007"


def _pull_request(approvals: int = 1, stale: bool = True, last_push: bool = True) -> dict[str, Any]:
    return {
        "type": "pull_request",
        "parameters": {
            "required_approving_review_count": approvals,
            "dismiss_stale_reviews_on_push": stale,
            "require_last_push_approval": last_push,
            "require_code_owner_review": False,
            "required_review_thread_resolution": False,
            "allowed_merge_methods": ["merge", "squash", "rebase"],
        },
    }


def _checks(contexts: tuple[str, ...] = CONTEXTS) -> dict[str, Any]:
    return {
        "type": "required_status_checks",
        "parameters": {
            "required_status_checks": [{"context": context} for context in contexts],
            "strict_required_status_checks_policy": True,
        },
    }


FULL = (_pull_request(), _checks(), {"type": "non_fast_forward"}, {"type": "deletion"})
GOOD = Classic()
OFF_SINCE, OFF_UNTIL = at(date(2026, 7, 3), "10:00"), at(date(2026, 7, 5), "09:00")
GAP_1 = (at(date(2026, 6, 30), "21:00"), at(date(2026, 6, 30), "21:10"))
GAP_2 = (at(date(2026, 7, 7), "14:00"), at(date(2026, 7, 7), "14:10"))
RENAMED = at(date(2026, 7, 8), "07:00")

CLASSIC: tuple[Held, ...] = (
    Held("ledger-api", "main", GOOD, until=OFF_SINCE),
    Held("ledger-api", "main", GOOD, since=OFF_UNTIL),
    Held("payments", "main", replace(GOOD, dismiss_stale=False), until=GAP_2[0]),
    Held("payments", "main", replace(GOOD, dismiss_stale=False), since=GAP_2[1]),
    Held("identity", "main", GOOD, until=GAP_1[0]),
    Held("identity", "main", GOOD, since=GAP_1[1]),
    Held("reports", "main", replace(GOOD, approvals=0)),
    Held("notifications", "main", replace(GOOD, dismiss_stale=False)),
    Held("billing", "main", replace(GOOD, enforce_admins=False), until=RENAMED),
    Held(
        "billing", "main", replace(GOOD, enforce_admins=False, contexts=("unit", "integration-v2", "security")), RENAMED
    ),
    Held("data-platform", "main", replace(GOOD, force_push=True)),
    Held("infra", "main", replace(GOOD, deletion=True)),
    Held("mobile", "main", replace(GOOD, contexts=None)),
    Held("sandbox-tools", "main", GOOD, since=at(date(2026, 7, 10), "09:30")),
)

RULESETS: tuple[Ruleset, ...] = (
    # Bypassing only through a pull request still needs the pull request.
    Ruleset(
        501,
        "protect default",
        ("ledger-web",),
        ("~DEFAULT_BRANCH",),
        FULL,
        bypass=({"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "pull_request"},),
    ),
    # Adds the last-push rule to classic protection that keeps stale approvals: the strictest of both counts.
    Ruleset(502, "last push approval", ("payments",), ("~DEFAULT_BRANCH",), (_pull_request(0, False, True),)),
    Ruleset(503, "release branches", ("payments",), ("refs/heads/release/*",), FULL),
    Ruleset(504, "trial", ("docs",), ("~DEFAULT_BRANCH",), FULL, enforcement="evaluate"),
    Ruleset(505, "retired", ("docs", "reports"), ("~DEFAULT_BRANCH",), FULL, enforcement="disabled"),
    # Force pushes are open to nobody by this one, but an integration may bypass it always.
    Ruleset(
        506,
        "infra guard",
        ("infra",),
        ("~DEFAULT_BRANCH",),
        ({"type": "non_fast_forward"},),
        bypass=({"actor_id": 9321, "actor_type": "Integration", "bypass_mode": "always"},),
    ),
    Ruleset(507, "signed tags", None, ("refs/tags/*",), ({"type": "deletion"},)),
)


def classic(repo: str, branch: str, now: datetime) -> Classic | None:
    """Classic protection of a branch at a moment; None when it has none."""
    for held in CLASSIC:
        if (held.repo, held.branch) == (repo, branch) and held.since <= now < held.until:
            return held.settings
    return None


def rulesets(repo: str, now: datetime) -> list[Ruleset]:
    """Rulesets that belong to a repository or to its organisation."""
    return [r for r in RULESETS if (r.repos is None or repo in r.repos) and r.since <= now < r.until]


def applies(ruleset: Ruleset, branch: str, is_default: bool) -> bool:
    for pattern in ruleset.include:
        if pattern == "~DEFAULT_BRANCH" and is_default:
            return True
        if pattern.startswith("refs/heads/") and branch.startswith(pattern.removeprefix("refs/heads/").rstrip("*")):
            return True
    return False


def required_contexts(repo: str, branch: str, is_default: bool, now: datetime) -> set[str]:
    """Names of the checks that a branch requires at a moment."""
    settings = classic(repo, branch, now)
    found = set(settings.contexts or ()) if settings else set[str]()
    for ruleset in rulesets(repo, now):
        if ruleset.enforcement == "active" and applies(ruleset, branch, is_default):
            for rule in ruleset.rules:
                checks = rule.get("parameters", {}).get("required_status_checks", [])
                found |= {check["context"] for check in checks}
    return found


def facts(repo_ids: dict[str, int]) -> list[Fact]:
    """What CM-02 must say, by repository and branch."""

    def bad(repo: str, code: str, why: str, first: str = "2026-07-01", last: str | None = None) -> Fact:
        until = date.fromisoformat(last) if last else None
        key = f"{repo_ids[repo]}|main"
        return Fact("CM-02", "violations", key, why, code, date.fromisoformat(first), until)

    def twin(repo: str, why: str, branch: str = "main", last: str | None = None) -> Fact:
        until = date.fromisoformat(last) if last else None
        return Fact("CM-02", "near_misses", f"{repo_ids[repo]}|{branch}", why, last=until)

    return [
        bad("reports", "APPROVALS_TOO_FEW", "reviews required, but none has to approve"),
        bad("notifications", "STALE_APPROVALS_KEPT", "approvals survive new commits"),
        bad("billing", "ADMIN_BYPASS", "rules do not hold for administrators"),
        bad("data-platform", "FORCE_PUSH_ALLOWED", "force pushes allowed"),
        bad("infra", "DELETION_ALLOWED", "the branch may be deleted"),
        bad("infra", "ADMIN_BYPASS", "an integration may always bypass the ruleset"),
        bad("mobile", "NO_REQUIRED_CHECKS", "no status check required"),
        bad("docs", "NOT_PROTECTED", "its only rulesets are in evaluation and disabled"),
        bad("identity", "PROTECTION_GAP", "protection removed for ten minutes on the eve", last="2026-07-01"),
        bad("ledger-api", "NOT_PROTECTED", "switched off from 3 to 5 July", "2026-07-04", "2026-07-05"),
        bad("payments", "PROTECTION_GAP", "protection removed for ten minutes on 7 July", "2026-07-08", "2026-07-08"),
        twin("ledger-web", "no classic protection ('Branch not protected'), but an active ruleset does all of it"),
        twin(
            "payments",
            "classic keeps stale approvals; the ruleset requires approval of the last push",
            last="2026-07-07",
        ),
        twin("payments", "release branch protected by a ruleset's pattern", "release/2026.1"),
        Fact(
            "CM-02",
            "excluded",
            f"{repo_ids['sandbox-tools']}|main",
            "empty repository, no branch until 2026-07-10",
            last=date(2026, 7, 10),
        ),
    ]

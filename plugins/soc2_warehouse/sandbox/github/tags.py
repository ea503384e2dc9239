"""Tags of the sandbox's repositories, and pushes that bypassed a ruleset (CM-13)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from soc2_warehouse.sandbox.github import rules
from soc2_warehouse.sandbox.github.model import at, iso
from soc2_warehouse.sandbox.github.world import Repo, World

SUITE_IDS = 21_000_000_000
#: Each tag with the moments at which it was put on what was then the head of the default branch.
TAGS: dict[tuple[str, str], tuple[datetime, ...]] = {
    ("ledger-api", "v2.0"): (at(date(2026, 3, 2), "12:00"),),
    ("payments", "v1.0"): (at(date(2026, 2, 2), "12:00"),),
    ("payments", "v1.1"): (at(date(2026, 5, 4), "12:00"), at(date(2026, 7, 3), "12:00")),  # moved
    ("reports", "nightly"): tuple(at(date(2026, 6, 1), "23:00") + timedelta(days=days) for days in range(60)),
}


def tags(repo: Repo, now: datetime) -> dict[str, str]:
    """Tag to commit at a moment, in order of name."""
    found = {}
    for (name, tag), moments in sorted(TAGS.items()):
        known = [moment for moment in moments if moment <= now]
        if name == repo.name and known:
            found[tag] = repo.trunk_head(known[-1])
    return found


def suites(world: World, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Direct pushes between two moments to branches that a ruleset protects, oldest first."""
    found = []
    for repo in world.repos.values():
        for update in repo.updates(until):
            branch = update.ref.removeprefix("refs/heads/")
            is_default = branch == repo.default_branch(update.at)
            if update.at < since or update.type not in ("push", "force_push"):
                continue
            held = [r for r in rules.rulesets(repo.name, update.at) if rules.applies(r, branch, is_default)]
            if not any(ruleset.enforcement == "active" for ruleset in held):
                continue
            found.append(
                {
                    "id": SUITE_IDS + update.id,
                    "actor_id": update.actor.id,
                    "actor_name": update.actor.login,
                    "before_sha": update.before,
                    "after_sha": update.after,
                    "ref": update.ref,
                    "repository_id": repo.id,
                    "repository_name": repo.name,
                    "pushed_at": iso(update.at),
                    "result": "bypass",
                    "evaluation_result": "fail",
                }
            )
    return sorted(found, key=lambda suite: (str(suite["pushed_at"]), suite["id"]))

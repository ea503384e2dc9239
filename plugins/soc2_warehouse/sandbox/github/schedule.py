"""When and where the planted stories of the sandbox's GitHub happen. One a repository and day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from soc2_warehouse.sandbox.github import stories_checks as checks
from soc2_warehouse.sandbox.github import stories_commits as commits
from soc2_warehouse.sandbox.github import stories_reviews as reviews
from soc2_warehouse.sandbox.github.builder import Builder

Story = Callable[[Builder, date], None]

_STORIES: tuple[tuple[str, str, Story], ...] = (
    # how commits reach a production branch
    ("2026-02-24", "identity", commits.wrong_base),
    ("2026-03-02", "payments", commits.release_branch),
    ("2026-03-16", "data-platform", commits.rename_default),
    ("2026-03-19", "reports", commits.indirect_merge),
    ("2026-04-09", "ledger-api", commits.direct_push),
    ("2026-04-14", "ledger-web", partial(commits.by_method, method="queue")),
    ("2026-04-16", "payments", partial(commits.by_method, method="squash")),
    ("2026-04-21", "ledger-api", partial(commits.by_method, method="rebase")),
    ("2026-04-23", "reports", partial(commits.by_method, method="merge")),
    ("2026-05-05", "ledger-web", commits.other_branch),
    ("2026-05-07", "payments", commits.smuggled_commit),
    ("2026-05-14", "data-platform", commits.direct_force_push),
    ("2026-05-21", "billing", commits.release_bot_push),
    ("2026-05-26", "notifications", commits.revert_by_button),
    ("2026-06-02", "ledger-api", commits.back_dated),
    ("2026-06-11", "notifications", commits.revert_by_push),
    ("2026-07-02", "infra", commits.direct_push),
    ("2026-07-10", "sandbox-tools", commits.first_push),
    ("2026-07-21", "reports", commits.revert_by_push),
    # who approved what
    ("2026-01-13", "ledger-api", reviews.no_review),
    ("2026-01-20", "payments", reviews.comment_only),
    ("2026-01-27", "identity", reviews.dismissed_latest),
    ("2026-02-03", "billing", reviews.bot_auto_merge),
    ("2026-02-10", "ledger-api", reviews.coauthor_approves),
    ("2026-02-12", "reports", reviews.committer_approves),
    ("2026-02-17", "ledger-web", reviews.second_login),
    ("2026-02-19", "data-platform", reviews.sponsor_approves),
    ("2026-03-03", "payments", reviews.pushed_after_approval),
    ("2026-03-10", "billing", reviews.forced_after_approval),
    ("2026-03-17", "notifications", reviews.bot_approves),
    ("2026-03-24", "ledger-api", reviews.approved_later),
    ("2026-03-31", "identity", reviews.changes_requested),
    ("2026-04-02", "infra", reviews.stranger_approves),
    ("2026-04-07", "notifications", reviews.dismissed_after_merge),
    ("2026-04-28", "payments", reviews.merged_base_after_approval),
    ("2026-04-30", "identity", reviews.commit_gone),
    ("2026-05-12", "reports", reviews.comment_after_approval),
    ("2026-05-19", "ledger-api", reviews.changes_then_approved),
    ("2026-05-28", "billing", reviews.bot_with_human),
    ("2026-06-04", "ledger-web", reviews.draft_in_a_minute),
    ("2026-06-09", "infra", reviews.approver_left_later),
    ("2026-06-16", "data-platform", reviews.dates_lie),
    ("2026-06-18", "ledger-web", reviews.queued),
    ("2026-07-06", "billing", reviews.no_review),
    ("2026-07-14", "ledger-web", reviews.second_login),
    ("2026-07-22", "identity", reviews.pushed_after_approval),
    # which checks passed when
    ("2026-02-05", "ledger-api", checks.missing),
    ("2026-02-26", "payments", checks.only_on_earlier),
    ("2026-03-05", "identity", checks.failed),
    ("2026-03-12", "reports", checks.skipped),
    ("2026-03-26", "billing", checks.pending),
    ("2026-04-20", "data-platform", checks.passed_later),
    ("2026-05-11", "identity", checks.rerun_passed),
    ("2026-05-18", "notifications", checks.rerun_failed_later),
    ("2026-05-25", "payments", checks.legacy_status),
    ("2026-06-08", "ledger-web", checks.by_queue),
    ("2026-07-08", "reports", checks.failed),
    ("2026-07-16", "ledger-api", checks.missing),
)

STORIES: dict[tuple[date, str], Story] = {(date.fromisoformat(day), repo): story for day, repo, story in _STORIES}
assert len(STORIES) == len(_STORIES), "two stories on one day in one repository"

# The only repository without merges around the days on which its protection is off.
QUIET_DAYS = {("ledger-api", date(2026, 7, 3))}

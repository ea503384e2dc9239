"""What the tasks of soc2_access_review do, and what its pages say, in Markdown: names from systems are escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse.clock import as_of
from soc2_warehouse.reviews import campaign as campaigns
from soc2_warehouse.reviews import changes, closing, opening
from soc2_warehouse.reviews.campaign import PAGES, Campaign, Line, ReviewProblem, load
from soc2_warehouse.settings import Settings

#: Characters that Airflow keeps of a page's name.
LABEL = 240


def begin(settings: Settings, run: str, asked: Sequence[str] = ()) -> dict[str, list[str]]:
    """Open every review that is due and that nobody has begun. Returns {"reviews": …, "problems": …}.

    reviews: those that this DAG run opened, now or in an earlier try, and those asked for by name.
    """
    problems = []
    for system_id, period in opening.due(settings):
        if f"AR-{period}-{system_id}" in campaigns.names(campaigns.place(settings)):
            continue
        try:
            opening.open_review(settings, system_id, period, campaigns.now(settings), "soc2_access_review", run=run)
        except ReviewProblem as problem:
            problems.append(f"{system_id} {period}: {problem}")
    named = [name for name in asked if load(settings, name).closed is None]
    return {"reviews": sorted({*opening.opened_by(settings, run), *named}), "problems": problems}


def complain(problems: Sequence[str]) -> None:
    """Raises ReviewProblem when a review that is due could not be opened."""
    if problems:
        raise ReviewProblem("reviews are due and could not be opened:\n" + "\n".join(problems))


def questions(settings: Settings, reviews: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """The undecided lines of reviews that are decided in Airflow's pages: {review_id, line_no, shown} of each.

    limit: how many tasks Airflow makes of one. Raises ReviewProblem when there are more lines.
    """
    opened = [load(settings, review_id) for review_id in in_pages(settings, reviews)]
    found = [(one.review_id, line) for one in opened for line in one.undecided]
    if len(found) > limit:
        raise ReviewProblem(
            f"{len(found)} lines are more than Airflow asks about at once ({limit}): raise "
            "AIRFLOW__CORE__MAX_MAP_LENGTH, or write spreadsheet into access_review_in of the register systems"
        )
    return [{"review_id": name, "line_no": line.line_no, "shown": line.shown} for name, line in found]


def in_pages(settings: Settings, reviews: Sequence[str]) -> list[str]:
    """Those that are decided in Airflow's pages, and signed there."""
    return [review_id for review_id in reviews if load(settings, review_id).facts["decided_in"] == PAGES]


def time_left(settings: Settings, campaign: Campaign) -> timedelta | None:
    """How long a page waits: to the end of the due date, UTC; None (for ever) for a review that is late already."""
    left = as_of(campaign.due_date + timedelta(days=1), datetime.min.time()) - campaigns.now(settings)
    return left if left > timedelta(0) else None


def question(settings: Settings, campaign: Campaign, line: Line) -> tuple[str, str]:
    """Subject and body of the page of a line. Airflow keeps both as they are when they are asked first."""
    found = changes.since_snapshot(settings, campaign)
    rows = {
        "Name": line.name,
        "Role": line.role,
        "Account": f"{line.source_id} {line.login or line.account_id}",
        "Last login": line.last_login or "never",
        "Permissions": "; ".join(line.permissions) or "none",
        "Status": line.status,
        "Action required": line.action_required,
        "Since the snapshot": found.of(line) or "nothing changed",
    }
    told = ["| | |", "|---|---|", *(f"| {name} | {escaped(value)} |" for name, value in rows.items()), ""]
    told.append(
        f"Snapshot of {campaign.facts['snapshot_at']}, changes as of {found.night}; due on {campaign.due_date}. "
        f"{' or '.join(campaign.deciders)} decides, nobody on an own account. A reason is needed to confirm what is "
        "review-needed or proposes to revoke, and for an account without permissions."
    )
    where = f"{campaign.facts['system_id']} {campaign.facts['review_period']}, line {line.line_no}"
    return f"{where}: {line.name}", "\n".join(told)


def signature(settings: Settings, campaign: Campaign) -> tuple[str, str]:
    """Subject and body of the page on which a review is signed. Airflow keeps both as they are when they are asked."""
    found = changes.since_snapshot(settings, campaign)
    told = [f"- **in the way:** {escaped(lack)}" for lack in closing.lacks(campaign, found)]
    for line in campaign.lines:
        made = campaign.decisions.get(line.account)
        news, decided = found.of(line), made.decision if made else "undecided"
        if news or decided != "confirm":
            told.append(f"- {escaped(line.name)}: {'; '.join(filter(None, [decided, escaped(news)]))}")
    head = (
        f"{len(campaign.lines) - len(campaign.undecided)} of {len(campaign.lines)} lines are decided, "
        f"{campaign.facts['accounts_listed']} accounts were listed. {campaign.reviewer} signs. As it is now: "
        f"`soc2 review report {campaign.review_id}`. What is to go and what changed when this page was asked, as of "
        f"{found.night}:"
    )
    return f"Sign {campaign.review_id}", "\n".join([head, "", *(told or ["- nothing"])])


def label(name: str, refusal: str | None) -> str:
    """What Airflow calls a page in its lists: with why the last answer does not count, when it does not."""
    return f"{name}: asked again, since {refusal}"[:LABEL] if refusal else name[:LABEL]


def escaped(value: str) -> str:
    """Text as Markdown shows it literally, in one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~:&-])", r"\\\1", " ".join(value.split()))

"""What changed since the snapshot of a review, as the newest published night shows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from soc2_warehouse.reviews import published
from soc2_warehouse.reviews.campaign import Campaign, Line, text
from soc2_warehouse.settings import Settings


@dataclass
class Changes:
    """lines: account → what is different now. new: accounts that came after the snapshot and belong to the next review.
    night: moment of the newest night as text. incomplete: its sources that could not be read completely, with status.
    executions: account → what AC-12 found of the decision.
    """

    night: str
    lines: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    incomplete: dict[str, str] = field(default_factory=dict)
    executions: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def of(self, line: Line) -> str:
        return "; ".join(self.lines.get(line.account, []))


def since_snapshot(settings: Settings, campaign: Campaign) -> Changes:
    """Raises ReviewProblem when nothing is published."""
    with published.reading(settings) as connection:
        today, moment = published.lines(connection, campaign.facts["system_id"])
        sources = published.sources(connection, campaign.facts["account_source"])
        executions = published.executions(connection, campaign.review_id)
    found = Changes(text(moment) if moment else "no night that shows the system", executions=executions)
    found.incomplete = incomplete(sources)
    now = {line.account: line for line in today}
    for line in campaign.lines:
        if told := _changes(line, now.get(line.account)):
            found.lines[line.account] = told
    before = {line.account for line in campaign.lines}
    found.new = [line.login or line.name for line in today if line.account not in before]
    return found


def incomplete(sources: list[dict[str, object]]) -> dict[str, str]:
    """Sources that were not read completely: source → status."""
    return {str(one["source_id"]): str(one["status"]) for one in sources if one["status"] != "complete"}


def _changes(line: Line, now: Line | None) -> list[str]:
    told = []
    left_at = now.left_at if now else line.left_at
    if left_at:
        told.append(f"the person left on {left_at[:10]}")
    if now is None:
        return [*told, "the account is gone or cannot sign in any more"]
    gained, lost = set(now.permissions) - set(line.permissions), set(line.permissions) - set(now.permissions)
    told += [f"gained {', '.join(sorted(gained))}"] if gained else []
    told += [f"lost {', '.join(sorted(lost))}"] if lost else []
    told += [f"role is {now.role} now"] if now.role != line.role else []
    told += ["belongs to somebody else now"] if now.person_key != line.person_key else []
    told += [f"status is {now.status} now"] if now.status != line.status else []
    return told

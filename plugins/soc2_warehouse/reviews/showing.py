"""Reviews in a few lines for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from soc2_warehouse.reviews import changes, closing
from soc2_warehouse.reviews.campaign import load
from soc2_warehouse.settings import Settings


def told(settings: Settings, review_id: str, detailed: bool) -> Iterator[str]:
    """Lines about one review. detailed: also what is missing, changed, and found of what was revoked."""
    campaign = load(settings, review_id)
    decided = len(campaign.lines) - len(campaign.undecided)
    found = changes.since_snapshot(settings, campaign)
    state = f"closed {campaign.closed['at']}" if campaign.closed else f"open, due {campaign.due_date}"
    changed = f", {len(found.lines)} changed since {campaign.facts['snapshot_at']}" if found.lines else ""
    yield f"{review_id}: {state}, {decided} of {len(campaign.lines)} lines decided{changed}"
    if not detailed:
        return
    if campaign.closed is None:
        yield from (f"  in the way: {lack}" for lack in closing.lacks(campaign, found))
    for line in campaign.lines:
        made = campaign.decisions.get(line.account)
        if line.account in found.lines:
            yield f"  line {line.line_no}, {line.name}: {found.of(line)}"
        if made and made.decision != "confirm":
            result, reason = found.executions.get(line.account, ("not judged", "the next night looks for it."))
            yield f"  line {line.line_no}, {line.name}: {made.decision} of {made.decided_at[:10]}: {result}. {reason}"
    if found.new:
        yield f"  came after the snapshot: {', '.join(found.new)}"

"""A review is closed when every line is decided and every source was whole; then its report is written and signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from soc2_warehouse.evidence import verify_evidence as form
from soc2_warehouse.reviews import changes, published, report, signing
from soc2_warehouse.reviews.campaign import Campaign, ReviewProblem, load, text, writing
from soc2_warehouse.reviews.changes import Changes
from soc2_warehouse.settings import Settings

#: How many lines a message names.
NAMED = 5


def lacks(campaign: Campaign, found: Changes) -> list[str]:
    """What keeps a review from being closed, each with what to do."""
    told = []
    if undecided := campaign.undecided:
        names = ", ".join(f"{line.line_no} ({line.name})" for line in undecided[:NAMED])
        more = f" and {len(undecided) - NAMED} more" if len(undecided) > NAMED else ""
        told.append(f"{len(undecided)} of {len(campaign.lines)} lines are undecided: {names}{more}; decide them")
    if missing := changes.incomplete(campaign.facts["sources"]):
        told.append(
            f"the snapshot of {campaign.facts['snapshot_at']} was taken while {_listed(missing)}, so that accounts may "
            f"be missing; after a whole night: soc2 review renew {campaign.review_id}"
        )
    if found.incomplete:
        told.append(
            f"in the newest night {_listed(found.incomplete)}, so that what changed since the snapshot cannot be seen; "
            "mend the source and run the night again"
        )
    if len(campaign.lines) < campaign.facts["accounts_listed"]:
        told.append(
            f"the listing has {campaign.facts['accounts_listed']} accounts and the review {len(campaign.lines)} lines; "
            f"soc2 review renew {campaign.review_id}"
        )
    return told


def _listed(sources: dict[str, str]) -> str:
    return " and ".join(f"{name} was {status}" for name, status in sorted(sources.items()))


def close(settings: Settings, review_id: str, by: tuple[str, ...], at: datetime) -> Campaign:
    """Close a review: write its report, sign it, and put its hash on record.

    by: references of who signs, the reviewer. Raises ReviewProblem naming everything that is in the way, and
    keys.KeyProblem.
    """
    with published.reading(settings) as connection:
        people = published.people(connection)
    person = people.find(*by)
    with writing(settings, review_id) as campaign:
        if campaign.closed:
            raise ReviewProblem(f"{review_id} was closed at {campaign.closed['at']}; what is signed stays")
        found = changes.since_snapshot(settings, campaign)
        told = lacks(campaign, found)
        if person.key != people.key(campaign.reviewer):
            told.append(
                f"{person.name} is not the reviewer, {campaign.reviewer} is; "
                f"hand it over with: soc2 review reassign {review_id} --to {person.ref}"
            )
        elif not person.works:
            told.append(f"{person.name} has left; hand it over with: soc2 review reassign {review_id} --to SOMEBODY")
        if told:
            raise ReviewProblem("\n".join(f"{review_id} cannot be closed: {one}" for one in told))
        content = said(campaign, found, person, people, at)
        page = report.html_page(content).encode()
        events = f"{campaign.file.name}#{len(campaign.events)}"
        subjects = {signing.REPORT: form.sha256(page), events: campaign.head}
        envelope = signing.signed(settings, content, subjects)
        for name, written in ((signing.REPORT, page), (signing.ENVELOPE, envelope)):
            draft = campaign.folder / f".{name}"
            draft.write_bytes(written)
            draft.replace(campaign.folder / name)
        campaign.add(
            {
                "event": "closed",
                "by": person.ref,
                "completed_at": content["completed_at"],
                "report_sha256": form.sha256(envelope),
            },
            at=at,
        )
        return campaign


def draft(settings: Settings, review_id: str) -> str:
    """The report of a review that is open, marked as unsigned, with what is missing."""
    campaign = load(settings, review_id)
    with published.reading(settings) as connection:
        people = published.people(connection)
    found = changes.since_snapshot(settings, campaign)
    return report.html_page(said(campaign, found, None, people, None), lacks(campaign, found))


def said(
    campaign: Campaign,
    found: Changes,
    signer: published.Person | None,
    people: published.People,
    at: datetime | None,
) -> dict[str, Any]:
    """Everything a report says, as JSON has it."""
    lines = []
    for line in campaign.lines:
        made = campaign.decisions.get(line.account)
        decider = people.by_ref.get(made.by.casefold()) if made else None
        lines.append(
            vars(line)
            | {"permissions": list(line.permissions), "changed_since": found.of(line)}
            | {
                "decision": made.decision if made else None,
                "removed_permissions": list(made.removed_permissions) if made else [],
                "reason": made.reason if made else None,
                "decided_by": made.by if made else None,
                "decider": decider.name if decider else None,
                "decided_at": made.decided_at if made else None,
                "way": made.way if made else None,
                "entered_by": made.entered_by if made else None,
            }
        )
    facts = campaign.facts
    return {
        "review_id": campaign.review_id,
        **{name: facts[name] for name in ("review_period", "system_id", "due_date", "snapshot_at", "accounts_listed")},
        "reviewer": campaign.reviewer,
        "deputy": facts.get("deputy"),
        "sources": facts["sources"],
        "lines": lines,
        "changes_seen_at": found.night,
        "accounts_since": found.new,
        "completed_at": max((made.decided_at for made in campaign.decisions.values()), default=None),
        "signed_by": signer.ref if signer else None,
        "signer": signer.name if signer else None,
        "signed_at": text(at) if at else None,
    }

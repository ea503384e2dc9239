"""Reviews are opened from the newest published night, renewed from a later one, and handed over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb

from soc2_warehouse.reviews import published
from soc2_warehouse.reviews.campaign import PAGES, Campaign, Line, ReviewProblem, load, names, place, text, writing
from soc2_warehouse.settings import Settings


def due(settings: Settings) -> list[tuple[str, str]]:
    """(system, period) of each quarter that is over, whose review is not late yet and that nobody has begun."""
    with published.reading(settings) as connection:
        day = published.newest_day(settings)
        return [
            (row["system_id"], row["review_period"])
            for row in published.reviews(connection)
            if row["review_id"] is None and row["quarter_end"] < day <= row["due_date"]
        ]


def open_review(
    settings: Settings,
    system_id: str,
    period: str,
    at: datetime,
    by: str,
    reviewer: str | None = None,
    deputy: str | None = None,
    run: str | None = None,
) -> Campaign:
    """Freeze the lines of the newest night as the review of a system and quarter.

    reviewer, deputy: default those of the register ``systems``. run: the DAG run that opens it. Raises ReviewProblem.
    """
    review_id = f"AR-{period}-{system_id}"
    if review_id in names(place(settings)):
        raise ReviewProblem(f"{review_id} is open already: soc2 review status")
    with published.reading(settings) as connection:
        row = _expected(connection, system_id, period)
        found, snapshot_at = published.lines(connection, system_id)
        if snapshot_at is None:
            raise ReviewProblem(f"the newest night shows no account of {system_id}; look at its sources: soc2 status")
        if snapshot_at < row["quarter_start_at"].replace(tzinfo=UTC):
            raise ReviewProblem(f"{period} of {system_id} has not begun on the newest night ({snapshot_at:%Y-%m-%d})")
        people = published.people(connection)
        first = _reviewer(people, reviewer or row["access_reviewer"], system_id, "access_reviewer")
        named = deputy or row["access_review_deputy"]
        second = _reviewer(people, named, system_id, "access_review_deputy") if named else None
        _independent(found, first, second, system_id)
        event = {
            "event": "opened",
            "by": by,
            "run": run,
            "review_period": period,
            "system_id": system_id,
            "due_date": row["due_date"].isoformat(),
            "decided_in": row["access_review_in"] or PAGES,
            "reviewer": first.ref,
            "deputy": second.ref if second else None,
            **_snapshot(connection, row["account_source"], found, snapshot_at),
        }
    with writing(settings, review_id, is_new=True) as campaign:
        if campaign.events:
            raise ReviewProblem(f"{review_id} is open already: soc2 review status")
        campaign.add(event, at=at)
        return campaign


def renew(settings: Settings, review_id: str, at: datetime, by: str) -> Campaign:
    """Take the snapshot again from the newest night, for instance because a source was incomplete.

    Decisions stay on lines that look as they did; the others are to be decided again. Raises ReviewProblem.
    """
    with writing(settings, review_id) as campaign:
        _still_open(campaign)
        facts = campaign.facts
        with published.reading(settings) as connection:
            found, snapshot_at = published.lines(connection, facts["system_id"])
            if snapshot_at is None or text(snapshot_at) <= facts["snapshot_at"]:
                raise ReviewProblem(
                    f"the newest published night is not newer than the snapshot of {review_id} "
                    f"({facts['snapshot_at']}); run a night first"
                )
            people = published.people(connection)
            deputy = people.find(facts["deputy"]) if facts["deputy"] else None
            _independent(found, people.find(campaign.reviewer), deputy, facts["system_id"])
            snapshot = _snapshot(connection, facts["account_source"], found, snapshot_at)
            campaign.add({"event": "renewed", "by": by, **snapshot}, at=at)
        return campaign


def reassign(settings: Settings, review_id: str, to: str, deputy: str | None, at: datetime, by: str) -> Campaign:
    """Give a review to another reviewer, who signs it, and to another deputy (None: the one there is).

    Raises ReviewProblem.
    """
    with published.reading(settings) as connection:
        people = published.people(connection)
    with writing(settings, review_id) as campaign:
        _still_open(campaign)
        system_id = campaign.facts["system_id"]
        first = _reviewer(people, to, system_id, "access_reviewer")
        named = deputy or campaign.facts["deputy"]
        second = people.find(named) if named else None
        _independent(campaign.lines, first, second, system_id)
        event = {"event": "reassigned", "by": by, "to": first.ref, "deputy": second.ref if second else None}
        campaign.add(event, at=at)
        return campaign


def opened_by(settings: Settings, run: str) -> list[str]:
    """The open reviews that a DAG run opened: a run that is tried again asks for the same ones."""
    found = (load(settings, name) for name in names(place(settings)))
    return [one.review_id for one in found if one.facts.get("run") == run and one.closed is None]


def _expected(connection: duckdb.DuckDBPyConnection, system_id: str, period: str) -> dict[str, Any]:
    rows = published.reviews(connection)
    row = next((row for row in rows if (row["system_id"], row["review_period"]) == (system_id, period)), None)
    if row is None:
        known = ", ".join(sorted({f"{row['system_id']} {row['review_period']}" for row in rows}))
        raise ReviewProblem(f"no review of {system_id} is due for {period}: the calendar has {known or 'none'}")
    if row["review_id"] is not None:
        raise ReviewProblem(f"{period} of {system_id} is reviewed already: {row['review_id']} is in the register")
    return row


def _reviewer(people: published.People, ref: str | None, system_id: str, column: str) -> published.Person:
    if not ref:
        raise ReviewProblem(
            f"nobody is named who reviews {system_id}: fill {column} in the register systems, or name somebody"
        )
    person = people.find(ref)
    if not person.works:
        raise ReviewProblem(
            f"{person.name} ({person.ref}) has left: name somebody else ({column} in the register systems)"
        )
    return person


def _independent(found: list[Line], first: published.Person, second: published.Person | None, system_id: str) -> None:
    """Nobody decides on themselves, so that a reviewer with an account needs a deputy, who is somebody else."""
    own = [line for line in found if first.key in (line.person_key, line.owner_key)]
    if own and (second is None or second.key == first.key):
        raise ReviewProblem(
            f"{first.name} has {len(own)} lines of their own in {system_id}, and nobody reviews themselves: "
            "fill access_review_deputy in the register systems, or name a deputy (--deputy)"
        )


def _snapshot(
    connection: duckdb.DuckDBPyConnection, account_source: str, found: list[Line], snapshot_at: datetime
) -> dict[str, Any]:
    return {
        "account_source": account_source,
        "snapshot_at": text(snapshot_at),
        "accounts_listed": published.accounts(connection, account_source, snapshot_at),
        "sources": published.sources(connection, account_source),
        "lines": [vars(line) | {"permissions": list(line.permissions)} for line in found],
    }


def _still_open(campaign: Campaign) -> None:
    if campaign.closed:
        raise ReviewProblem(f"{campaign.review_id} was closed at {campaign.closed['at']}; what is signed stays")

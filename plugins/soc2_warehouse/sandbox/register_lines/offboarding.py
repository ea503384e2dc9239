"""The register of termination checklists: an item is ticked five minutes after the access was really removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.records import Person, Spell
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import local, moment

IT = "E1021"
SINCE = date(2026, 1, 1)
TYPING = timedelta(minutes=5)
#: An end that is part of an employment which goes on needs no checklist; neither does a person without access.
CONTINUOUS = {"E1050", "E1051"}
#: Nobody filled in a checklist.
MISSING = {"E1056"}
#: Ticked although the account stayed enabled for two weeks more.
FALSE = {"E1053": {"idp_disabled": moment("2026-06-20T09:00")}}
#: Later than three days after the end, and within the fortnight.
DEVICES = {"C005": moment("2026-07-02T09:00")}

Ticks = dict[str, datetime | None]


def _checklists(company: Company, now: datetime) -> Iterator[Row]:
    for person, spell in _ended(company):
        begun = _last_hour(person, spell)
        for item, done in _ticks(company, person, spell).items():
            if (begun if done is None else done) <= now:
                yield {
                    "person_id": person.ref,
                    "end_date": spell.end,
                    "item": item,
                    "completed_at": done,
                    "completed_by": IT if done else None,
                    "ticket_id": f"OFF-{person.ref}",
                    "not_applicable_reason": None if done else "had no such access",
                }


def changes(company: Company) -> Iterator[datetime]:
    """Every tick."""
    for person, spell in _ended(company):
        yield _last_hour(person, spell)
        yield from (done for done in _ticks(company, person, spell).values() if done is not None)


def _ended(company: Company) -> Iterator[tuple[Person, Spell]]:
    for person in company.people:
        if person.ref in CONTINUOUS | MISSING:
            continue
        for spell in person.spells:
            if spell.end is not None and spell.end >= SINCE:
                yield person, spell


def _last_hour(person: Person, spell: Spell) -> datetime:
    assert spell.end is not None
    return local(spell.end, min("17:00", spell.end_time or "17:00"), person.tz)


def _ticks(company: Company, person: Person, spell: Spell) -> Ticks:
    """When each item was ticked; None for one that did not apply."""
    assert spell.end is not None
    removed = _removed(company, person, spell)
    by_hand = max(_last_hour(person, spell), spell.notified_at or _last_hour(person, spell))
    return {
        **{item: at + TYPING if at else None for item, at in removed.items()},
        "database_access_removed": by_hand,
        "saas_accounts_removed": by_hand,
        "devices_returned": DEVICES.get(person.ref, by_hand + timedelta(days=3)),
        **FALSE.get(person.ref, {}),
    }


def _removed(company: Company, person: Person, spell: Spell) -> Ticks:
    """When the access really went, in each system that the person had access to."""
    ended = spell.end_effective_at(person.tz)
    assert ended is not None
    lead = ended - timedelta(days=30)
    sessions = [
        at for user in company.okta_users if user.person_key == person.key
        for at, status in user.statuses if status in ("DEPROVISIONED", "SUSPENDED") and at >= lead
    ]  # fmt: skip
    users = [user for user in company.aws_users if user.person_key == person.key and user.exists(lead)]
    keys = [
        min(at for at in (key.deactivated_at, key.deleted_at, user.deleted_at) if at is not None)
        for user in users for key in user.keys if key.exists(lead) and (key.deleted_at or user.deleted_at)
    ]  # fmt: skip
    members = [user.removed_at for user in company.github_users if user.person_key == person.key and user.removed_at]
    closed = [at for user in users for at in (user.login_profile_deleted_at, user.deleted_at) if at is not None]
    return {
        "idp_disabled": min(sessions, default=None),
        "cloud_access_removed": min(closed, default=None),
        "keys_revoked": max(keys, default=None),
        "source_control_removed": max(members, default=None),
    }


LINES = {"termination_checklists": _checklists}

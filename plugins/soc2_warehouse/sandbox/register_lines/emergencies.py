"""The register of emergency changes: which of the sandbox's bypasses were declared, and how well (CM-10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from soc2_warehouse.sandbox.aws.cloud import stable_uuid
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.github.pipeline import DEPLOYMENT_IDS, pipeline_of
from soc2_warehouse.sandbox.register_lines import Row
from soc2_warehouse.sandbox.rhythm import moment as instant

SECURITY, ENGINEER = "E1003", "E1008"


@dataclass(frozen=True)
class Declared:
    """One line, as it stands in the end; what it tells is written when it happened.

    what: ``push <repository>`` (its first bypass by a push), ``pull <repository> <title>``, ``event <runtime change>``,
    ``deployment <number>`` or a reference as it is.
    """

    what: str
    declared_at: str
    justification: str | None = "customers were affected"
    declared_by: str = ENGINEER
    approver: str | None = SECURITY
    reviewed_at: str | None = None
    postmortem_at: str | None = None
    waiver: bool = False


DECLARED = (
    Declared("push ledger-api", "2026-04-09T13:30", reviewed_at="2026-04-10T09:00", postmortem_at="2026-04-16T20:00"),
    Declared(
        "push billing", "2026-05-21T06:30", None, reviewed_at="2026-05-22T09:00", postmortem_at="2026-05-27T09:00"
    ),
    Declared("push reports", "2026-03-19T13:00", postmortem_at="2026-03-25T09:00"),
    Declared(
        "push notifications",
        "2026-06-11T18:00",
        approver="E1011",
        reviewed_at="2026-06-12T09:00",
        postmortem_at="2026-06-17T09:00",
    ),
    Declared("event rc-08", "2026-06-21T09:00", reviewed_at="2026-06-22T09:00"),
    Declared("pull payments Tidy up, merged by squash", "2026-04-16T12:00", approver=None),
    Declared("INC-2026-014", "2026-06-05T09:00"),
    Declared("push infra", "2026-07-02T14:00", reviewed_at="2026-07-06T10:00", postmortem_at="2026-07-07T12:00"),
    Declared(
        "deployment 835",
        "2026-07-15T14:00",
        reviewed_at="2026-07-16T09:00",
        postmortem_at="2026-07-20T09:00",
        waiver=True,
    ),
)


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which a line comes or grows."""
    for line in DECLARED:
        yield from (instant(text) for text in (line.declared_at, line.reviewed_at, line.postmortem_at) if text)


def _reference(company: Company, what: str) -> str:
    kind, _, rest = what.partition(" ")
    world = pipeline_of(company).world
    if kind == "push":
        repo = world.repos[rest]
        bypass = next(fact for fact in repo.builder.facts if fact.control == "CM-01" and fact.kind == "violations")
        return bypass.entity.rsplit("|", 1)[1]
    if kind == "pull":
        name, _, title = rest.partition(" ")
        pull = next(pull for pull in world.repos[name].builder.pulls if pull.title == title)
        return f"{world.repos[name].full_name}#{pull.number}"
    if kind == "event":
        return stable_uuid("trail", rest)
    return str(DEPLOYMENT_IDS + int(rest)) if kind == "deployment" else what


def _emergency_changes(company: Company, moment: datetime) -> Iterator[Row]:
    def told(text: str | None) -> datetime | None:
        return instant(text) if text and instant(text) <= moment else None

    for line in DECLARED:
        declared = told(line.declared_at)
        if declared is None:
            continue
        reviewed, postmortem = told(line.reviewed_at), told(line.postmortem_at)
        yield {
            "change_ref": _reference(company, line.what),
            "declared_at": declared,
            "declared_by": line.declared_by,
            "justification": line.justification,
            "approver_id": line.approver,
            "approved_at": declared if line.approver else None,
            "waiver": line.waiver,
            "retro_review_at": reviewed,
            "retro_reviewer_id": SECURITY if reviewed else None,
            "postmortem_uri": "https://wiki.acme.example/postmortems" if postmortem else None,
            "postmortem_at": postmortem,
        }


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {"emergency_changes": _emergency_changes}

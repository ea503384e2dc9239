"""Everything that the report says, gathered once: the page and the PDF print the same content."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from soc2_warehouse.coverage import Coverage
from soc2_warehouse.dashboard.reading import Reader
from soc2_warehouse.dashboard.timeline import timeline
from soc2_warehouse.evidence.verify_evidence import Result as Verification
from soc2_warehouse.package import conclusions, results
from soc2_warehouse.package.results import Result
from soc2_warehouse.package.window import Window


@dataclass
class Content:
    """See the fields of the same names in the templates. evidence: what the verification of the folder said; partial:
    what a home that is limited to some controls is no evidence of."""

    window: Window
    results: list[Result]
    scope: list[dict[str, Any]]
    environment: str
    evidence: dict[str, Any]
    readiness: dict[str, Any]
    limits: dict[str, float]
    nights: dict[str, Any]
    extracts: list[dict[str, Any]]
    criteria: list[dict[str, Any]]
    handbook: list[dict[str, Any]]
    checklist: list[dict[str, Any]]
    timeline: list[dict[str, Any]]
    demands: dict[str, int]
    withdrawn: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    registers: list[dict[str, Any]] = field(default_factory=list)
    partial: str = ""

    @property
    def not_tested(self) -> list[Result]:
        """Controls with too little evidence, or that the last night could not test."""
        return [
            one
            for one in self.results
            if one.in_scope and (one.is_insufficient or "n" in one.days[-1:] or "-" in one.days[-1:])
        ]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Conclusion → controls; one with two conclusions counts under both."""
        found = Counter(one for result in self.results for one in result.conclusions)
        return [(conclusions.WORDS[one], found[one]) for one in conclusions.ORDER]

    @property
    def split(self) -> list[Result]:
        """Controls whose query or parameters changed within the window."""
        return [one for one in self.results if len(one.segments) > 1]

    @property
    def open_sheets(self) -> list[Result]:
        """Controls whose IPE sheet has an open point."""
        return [one for one in self.results if one.sheet and one.sheet["problems"]]

    @property
    def deviations(self) -> int:
        return sum(len(one.exceptions) for one in self.results)

    def untested(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row["state"] in ("untested", "in part")]


def gather(
    window: Window, found: list[Result], records: Reader, published: Reader, covered: Coverage, verified: Verification
) -> Content:
    """The content of the report, without what the package still writes."""
    judged = {row["day"] for row in records.rows("select day from judged")}
    environments = [row["environment"] for row in records.rows("select distinct environment from runs order by 1")]
    last = verified.links[-1].entry if verified.links else None
    return Content(
        window=window,
        results=found,
        scope=published.rows("select * from dim_scope order by not in_scope, category"),
        environment=", ".join(environments),
        evidence={
            "entries": len(verified.links),
            "objects": verified.objects,
            "head": last.entry_hash if last else "",
            "seals": len(verified.seals),
            "newest": max(verified.seals.values(), key=lambda seal: seal.number),
            "signers": sorted({key for seal in verified.seals.values() for key in seal.signers}),
            "stamped": sum(1 for seal in verified.seals.values() if seal.timestamp),
            "anchored": sorted({str(record["anchor_uri"]) for record in verified.anchored})[-3:],
            "notes": verified.notes,
        },
        readiness=results.readiness(found, window),
        limits=conclusions.rules(published.rows("select control_id, parameters from dim_control")),
        nights={
            "expected": len(window.days),
            "judged": len(judged),
            "missing": [day for day in window.days if day not in judged],
            "reruns": records.rows("select * from reruns order by day"),
        },
        extracts=published.rows(EXTRACTS, {"first": window.days[0], "last": window.last}),
        criteria=[
            {"id": one.id, "category": one.category, "state": one.state, "controls": list(one.built)}
            for one in covered.criteria
        ],
        handbook=published.rows("select * from dim_handbook_row order by row_id"),
        checklist=published.rows("select * from fct_checklist_item order by item"),
        timeline=timeline(published, window.engagement, window.last),
        demands=dict(Counter(one.state for one in covered.demands)),
        withdrawn=_withdrawn(records, covered),
        decisions=records.rows("select * from decisions order by control_id, entity_key, code, since"),
    )


#: What each source gave in the window.
EXTRACTS = """
    select
        source,
        count(distinct source_id) as tables,
        count(*) as extracts,
        count(*) filter (where status = 'complete') as complete,
        count(*) filter (where status = 'partial') as partial,
        count(*) filter (where status not in ('complete', 'partial')) as unusable,
        sum(rows) as rows,
        sum(permission_denied) as denied,
        count(*) filter (
            where kind = 'snapshot' and finished_at > cast(logical_date as timestamp) + interval 36 hour
        ) as late,
        count(distinct logical_date) as days
    from fct_extract_run
    where logical_date between $first and $last
    group by source
    order by source
"""


def _withdrawn(records: Reader, covered: Coverage) -> list[dict[str, Any]]:
    """Controls that were judged in the window and are not declared any more."""
    return records.rows(
        """
        select
            control_id,
            min(logical_date) as first_day,
            max(logical_date) as last_day,
            count(*) as days,
            count(*) filter (where status = 'pass') as pass,
            count(*) filter (where status = 'fail') as fail,
            count(*) filter (where status = 'not_tested') as not_tested
        from every_run
        where counts and not list_contains($declared, control_id)
        group by control_id order by control_id
        """,
        {"declared": [control.id for control in covered.controls]},
    )

"""One control on the night it is judged: what is known before the expectations are asked, and what follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from soc2_warehouse import facts, quality
from soc2_warehouse.controls import Control
from soc2_warehouse.evidence.exceptions import OPEN, Exception_
from soc2_warehouse.evidence.history import Book
from soc2_warehouse.judgements import Record
from soc2_warehouse.quality import Answer
from soc2_warehouse.quality.suites import asked
from soc2_warehouse.verdict import Facts, Outcome, Outcomes, Prerequisite, Verdict, decide

TOLD = {
    "shape": ("row is not well formed", "rows are not well formed"),
    "sources": ("source is not usable", "sources are not usable"),
    "completeness": ("count does not agree", "counts do not agree"),
    "unknown": ("row is unknown", "rows are unknown"),
    "deviations": ("open deviation", "open deviations"),
}
UNOBJECTED = Outcomes(*(Outcome.PASS for _ in range(6)))


@dataclass
class Case:
    """A control, the facts about it, the answers of its expectations, and its verdict once there is one.

    counts: rows by result, None when the table cannot be read. complete: independent counts agree (None: no check).
    unmet: what is wrong with the controls it depends on.
    """

    control: Control
    known: Facts
    sources: list[facts.SourceState]
    counts: facts.Counts | None
    complete: bool | None
    error: str = ""
    answers: list[Answer] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)
    verdict: Verdict | None = None

    @property
    def missing(self) -> list[facts.SourceState]:
        return [source for source in self.sources if source.missing]

    @property
    def evaluable(self) -> bool:
        """May its rows be looked at? Asked before the expectations are, so only of what the facts alone decide."""
        sources = Outcome.FAIL if self.missing else Outcome.PASS
        return decide(replace(UNOBJECTED, sources=sources), self.known, {}).evaluated

    @property
    def evaluated(self) -> bool:
        """Its rows were looked at and count."""
        return self.verdict is not None and self.verdict.evaluated

    @property
    def detail(self) -> str:
        """One sentence for the reader of anything but a plain pass; empty for that."""
        if not self.known.in_scope:
            return f"category {self.control.category} is out of scope"
        if self.error:
            return self.error
        if self.known.missing_parameters:
            return f"required parameters are empty: {', '.join(self.known.missing_parameters)}"
        if self.missing:
            return ", ".join(f"{source.source_id} is {source.state.replace('_', ' ')}" for source in self.missing)
        said = [answer for answer in self.answers if answer.outcome is not Outcome.PASS]
        parts = [f"{answer.step}: {answer.error}" if answer.error else _told(answer) for answer in reversed(said)]
        return "; ".join(parts + self.unmet)

    def night(self, record: Record, evaluated: bool) -> dict[str, Any]:
        """The part of a control_runs line that the exception life cycle reads."""
        return {
            "run_id": record.run_id,
            "control_id": self.control.id,
            "logical_date": record.logical_date,
            "as_of": record.moment,
            "evaluated_ok": evaluated,
            "mode": self.control.mode,
            "complete": self.complete,
            "deviation_severities": self.control.deviation_severities,
        }

    def line(self, record: Record, book: Book) -> dict[str, Any]:
        """The rest of it. Counts of rows are null when nothing was evaluated: zero would be a statement."""
        control, verdict = self.control, self.verdict
        assert verdict is not None
        counts = self.counts if verdict.evaluated else None
        states = [item.state for item in book.of(control.id).values()]
        accepted = states.count("accepted") + states.count("mitigated")
        folder = f"ledger/day={record.logical_date}/run={record.run_id}"
        return {
            "status": verdict.status,
            "reason": verdict.reason,
            "incomplete": verdict.incomplete,
            "detail": self.detail,
            "category": control.category,
            "severity": control.severity,
            "population_count": counts and counts.population,
            "evaluated": counts and counts.evaluated,
            "passed": counts and counts.passed,
            "unknown": counts and counts.unknown,
            "pending": counts and counts.pending,
            "excluded": counts and counts.excluded,
            "excluded_reasons": counts and counts.excluded_reasons,
            "population_hash": counts and counts.population_hash,
            "deviation_count": states.count(OPEN) + accepted if counts else None,
            "open_exception_count": states.count(OPEN),
            "accepted_count": accepted,
            "false_positive_count": states.count("false_positive"),
            "input_run_ids": sorted(source.run_id for source in self.sources if source.run_id),
            "sql_sha256": control.sql_sha256,
            "params_sha": control.parameters_sha256,
            "parameters": control.effective,
            "expectation_count": asked(control),
            "catalogue_sha": control.declaration_sha256,
            "expectation_result_uri": f"{folder}/expectation_results.jsonl#{control.id}",
        }


def gather(connection: duckdb.DuckDBPyConnection, controls: Sequence[Control], built: Collection[str]) -> list[Case]:
    """Facts of every control. built: unique ids of models built in this run; others hold an earlier night's rows."""
    excluded = facts.out_of_scope(connection)
    cases = []
    for control in controls:
        needed = [control.unique_id] + ([control.reconciled_unique_id] if control.reconciled_unique_id else [])
        error = ", ".join(f"{name.split('.')[-1]} was not built" for name in needed if name not in built)
        counts = None
        if not error:
            try:
                counts = facts.count(connection, control)
            except duckdb.Error as problem:
                error = f"{control.model} cannot be read: {problem}"
        sources = facts.source_states(connection, control)
        known = Facts(
            in_scope=control.category not in excluded,
            model_error=bool(error),
            missing_parameters=control.missing_parameters,
            any_stale=any(source.missing and source.state == "stale" for source in sources),
            evaluated=counts.evaluated if counts else 0,
            pending=counts.pending if counts else 0,
        )
        complete = None if error else facts.reconciles(connection, control)
        cases.append(Case(control, known, sources, counts, complete, error))
    return cases


def settle(cases: Sequence[Case], answers: Mapping[str, list[Answer]], book: Book) -> None:
    """Give every case its answers and its verdict. Cases come in order of dependency."""
    verdicts: dict[str, Verdict] = {}
    for case in cases:
        control = case.control
        case.answers = answers[control.id]
        prerequisites = {
            other: Prerequisite(
                verdicts.get(other), frozenset(control.blocking_codes.get(other, ())), _open_codes(book.of(other))
            )
            for other in control.depends_on
        }
        case.unmet = [_unmet(other, item) for other, item in prerequisites.items() if not item.holds]
        outcomes = quality.outcomes(case.answers)
        if case.missing and outcomes.sources is Outcome.PASS:
            # Two readers of one table disagree: believe the one who objects.
            outcomes = replace(outcomes, sources=Outcome.FAIL)
        case.verdict = verdicts[control.id] = decide(outcomes, case.known, prerequisites)


def _open_codes(known: Mapping[str, Exception_]) -> frozenset[str]:
    return frozenset(item.code for item in known.values() if item.state == OPEN)


def _told(answer: Answer) -> str:
    """A failed expectation in words."""
    if answer.step not in TOLD:
        return "no row was evaluated"
    one, many = TOLD[answer.step]
    return f"{answer.unexpected} {one if answer.unexpected == 1 else many}"


def _unmet(control_id: str, prerequisite: Prerequisite) -> str:
    """Why a control cannot be built on."""
    if prerequisite.verdict is None:
        return f"depends on {control_id}, which is not in this warehouse"
    if not prerequisite.verdict.tested:
        return f"depends on {control_id}, which is not tested ({prerequisite.verdict.reason})"
    codes = ", ".join(sorted(prerequisite.blocking_codes & prerequisite.open_codes))
    return f"depends on {control_id}, which has open {codes}"

"""What the window shows of a control: coverage and deviations, and the conclusion that follows from them by rule.

A conclusion is a count put into words. It is no opinion: that is the auditor's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

NO_DEVIATIONS = "no_deviations"
DEVIATIONS = "deviations_noted"
NO_OCCURRENCE = "no_occurrence"
INSUFFICIENT = "insufficient_evidence"
OUT_OF_SCOPE = "not_in_scope"
#: In the order in which a report lists them: what is not tested comes first.
ORDER = (INSUFFICIENT, DEVIATIONS, NO_OCCURRENCE, NO_DEVIATIONS, OUT_OF_SCOPE)
WORDS = {
    NO_DEVIATIONS: "No deviations noted",
    DEVIATIONS: "Deviations noted",
    NO_OCCURRENCE: "No occurrence in the window",
    INSUFFICIENT: "Insufficient evidence",
    OUT_OF_SCOPE: "Not in scope",
}
#: Rules of coverage, with the values that hold when the control that owns them is not there.
RULES = {"min_coverage": 0.95, "max_gap_days": 3}


@dataclass(frozen=True)
class Gap:
    """Days in a row without a result. cause: why; replay: whether the days can still be judged, "" when that is not
    known or would change nothing."""

    first: date
    last: date
    cause: str
    replay: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Coverage:
    """expected, covered: units (days, or periods that ended). longest: days of the longest gap."""

    expected: int
    covered: int
    gaps: tuple[Gap, ...]
    longest: int

    @property
    def share(self) -> float | None:
        """0 to 1; None when no unit was due."""
        return self.covered / self.expected if self.expected else None

    def holds(self, rules: Mapping[str, float]) -> bool:
        """Both rules: a share alone hides one long gap."""
        if self.share is None:
            return True
        return self.share >= rules["min_coverage"] and self.longest <= rules["max_gap_days"]


def rules(declared: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """The parameters of EV-02, which tests the window as a whole."""
    own = next((row for row in declared if row["control_id"] == "EV-02"), None)
    given = json.loads(own["parameters"] or "{}") if own else {}
    return {name: float(given.get(name, {}).get("value", value)) for name, value in RULES.items()}


def coverage(units: Sequence[Mapping[str, Any]]) -> Coverage:
    """units: of one control, ``unit_start, day, covered, status, reason, cause, replay``, in order of days."""
    gaps: list[Gap] = []
    for unit in units:
        if unit["covered"]:
            continue
        told = unit["reason"] or ("NO_RUN" if unit["status"] is None else "BACKFILLED")
        found = Gap(
            unit["unit_start"], unit["day"], _cause(told, unit["cause"]), (unit["replay"] or "").replace("_", " ")
        )
        before = gaps[-1] if gaps else None
        is_same = before and (before.cause, before.replay) == (found.cause, found.replay)
        if before and is_same and before.last + timedelta(days=1) == found.first:
            found = Gap(before.first, found.last, found.cause, found.replay)
            gaps.pop()
        gaps.append(found)
    return Coverage(len(units), sum(1 for unit in units if unit["covered"]), tuple(gaps), _longest(gaps))


def _cause(told: str, cause: str | None) -> str:
    """The verdict's own reason, and what lay behind it where that is known."""
    return f"{told}: {cause.replace('_', ' ')}" if cause else told


def _longest(gaps: Iterable[Gap]) -> int:
    """Days without a result in a row, whatever the causes."""
    longest = current = 0
    end: date | None = None
    for gap in gaps:
        current = current + gap.days if end and end + timedelta(days=1) == gap.first else gap.days
        longest, end = max(longest, current), gap.last
    return longest


def conclude(
    runs: Sequence[Mapping[str, Any]],
    covered: Coverage,
    deviations: int,
    limits: Mapping[str, float],
    *,
    is_type_1: bool = False,
) -> tuple[str, ...]:
    """Conclusions of one control, one or two of them. runs: its judgements that count, in order of days.

    deviations: exceptions that stood at any time of the window, accepted and repaired ones too.
    """
    reasons = {run["reason"] for run in runs if run["status"] == "not_tested"}
    tested = [run for run in runs if run["status"] in ("pass", "fail")]
    if runs and not tested and reasons == {"OUT_OF_SCOPE"}:
        return (OUT_OF_SCOPE,)
    proven_empty = "NO_OCCURRENCE" in reasons
    enough = (bool(tested) or proven_empty) and (is_type_1 or covered.holds(limits))
    # A verdict that failed although not everything could be tested says less than the whole.
    if is_type_1 and any(run["incomplete"] for run in tested):
        enough = False
    if deviations:
        return (DEVIATIONS,) if enough else (INSUFFICIENT, DEVIATIONS)
    if not enough:
        return (INSUFFICIENT,)
    return (NO_DEVIATIONS,) if tested else (NO_OCCURRENCE,)


def words(found: Sequence[str]) -> str:
    return "; ".join(WORDS[one] for one in found)

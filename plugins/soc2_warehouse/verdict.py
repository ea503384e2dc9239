"""The only place where a control's verdict is formed: a pure function of outcomes, facts and dependencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What one expectation said. ERROR (it could not be asked) is never a pass and never a fail."""

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"


class Status(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_TESTED = "not_tested"


class Reason(StrEnum):
    """Why a control is not tested."""

    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    LOGIC_ERROR = "LOGIC_ERROR"
    PARAMETER_MISSING = "PARAMETER_MISSING"
    STALE = "STALE"
    NO_DATA = "NO_DATA"
    PARTIAL = "PARTIAL"
    RECON_FAILED = "RECON_FAILED"
    DEPENDENCY = "DEPENDENCY"
    NOT_YET_DUE = "NOT_YET_DUE"
    NO_OCCURRENCE = "NO_OCCURRENCE"
    ZERO_POPULATION = "ZERO_POPULATION"


# With these nothing was evaluated: such a night neither closes nor re-dates an exception.
NOT_EVALUATED = frozenset(
    {Reason.OUT_OF_SCOPE, Reason.LOGIC_ERROR, Reason.PARAMETER_MISSING, Reason.STALE, Reason.NO_DATA}
)


@dataclass(frozen=True)
class Outcomes:
    """The ordered expectations of one control.

    shape: rows are well formed (unique keys, known results and codes); 1 sources: every required extract is usable;
    2 population: an evaluated row, or zero proven; 3 completeness: reference counts agree; 4 unknown: no unknown row;
    5 deviations: no open deviation.
    """

    shape: Outcome
    sources: Outcome
    population: Outcome
    completeness: Outcome
    unknown: Outcome
    deviations: Outcome

    @property
    def has_error(self) -> bool:
        found = (self.shape, self.sources, self.population, self.completeness, self.unknown, self.deviations)
        # Rows that contradict themselves are as unusable as an expectation that raised.
        return Outcome.ERROR in found or self.shape is not Outcome.PASS


@dataclass(frozen=True)
class Facts:
    """What the outcomes alone do not say.

    model_error: the control's model, or one it reads, was not built in this run.
    any_stale: of the sources that are missing, one's newest usable extract is older than max_age_hours.
    evaluated, pending: rows with result pass or exception, rows whose deadline is not reached.
    """

    in_scope: bool = True
    model_error: bool = False
    missing_parameters: Sequence[str] = ()
    any_stale: bool = False
    evaluated: int = 0
    pending: int = 0


@dataclass(frozen=True)
class Verdict:
    """status and, when not tested, the reason. incomplete: failed, and something also kept it from a full test."""

    status: Status
    reason: Reason | None = None
    incomplete: bool = False

    @property
    def evaluated(self) -> bool:
        return self.reason not in NOT_EVALUATED

    @property
    def tested(self) -> bool:
        """Others may build on it: pass, fail, or a proven empty population."""
        return self.status is not Status.NOT_TESTED or self.reason is Reason.NO_OCCURRENCE


@dataclass(frozen=True)
class Prerequisite:
    """A control in ``depends_on``. verdict: None when it is not in the warehouse; open_codes: of open exceptions."""

    verdict: Verdict | None
    blocking_codes: frozenset[str] = field(default_factory=frozenset)
    open_codes: frozenset[str] = field(default_factory=frozenset)

    @property
    def holds(self) -> bool:
        return self.verdict is not None and self.verdict.tested and not self.blocking_codes & self.open_codes


def decide(outcomes: Outcomes, facts: Facts, prerequisites: Mapping[str, Prerequisite]) -> Verdict:
    """The verdict of one control on one logical day. The steps are in order: the first that applies decides."""
    if not facts.in_scope:
        return _not_tested(Reason.OUT_OF_SCOPE)
    if facts.model_error or outcomes.has_error:
        return _not_tested(Reason.LOGIC_ERROR)
    if facts.missing_parameters:
        return _not_tested(Reason.PARAMETER_MISSING)
    if outcomes.sources is not Outcome.PASS:
        return _not_tested(Reason.STALE if facts.any_stale else Reason.NO_DATA)

    gap = _gap(outcomes, prerequisites)
    if outcomes.deviations is not Outcome.PASS:
        return Verdict(Status.FAIL, None, incomplete=gap is not None)
    if gap is not None:
        return _not_tested(gap)
    if facts.evaluated == 0:
        # Pending rows are a population, so nothing proves or disproves zero while they wait.
        if facts.pending:
            return _not_tested(Reason.NOT_YET_DUE)
        proven = outcomes.population is Outcome.PASS
        return _not_tested(Reason.NO_OCCURRENCE if proven else Reason.ZERO_POPULATION)
    if outcomes.population is not Outcome.PASS:
        # Rows were counted, yet the expectation saw none: the two looked at different tables.
        return _not_tested(Reason.LOGIC_ERROR)
    return Verdict(Status.PASS)


def _gap(outcomes: Outcomes, prerequisites: Mapping[str, Prerequisite]) -> Reason | None:
    """What keeps the test from being whole, most specific first."""
    if outcomes.unknown is not Outcome.PASS:
        return Reason.PARTIAL
    if outcomes.completeness is not Outcome.PASS:
        return Reason.RECON_FAILED
    if not all(prerequisite.holds for prerequisite in prerequisites.values()):
        return Reason.DEPENDENCY
    return None


def _not_tested(reason: Reason) -> Verdict:
    return Verdict(Status.NOT_TESTED, reason)

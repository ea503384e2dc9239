"""Every step of the algorithm alone, and every two steps at once: the earlier one must win."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, product

import pytest
import yaml

from soc2_warehouse.settings import PROJECT
from soc2_warehouse.verdict import (
    NOT_EVALUATED,
    Facts,
    Outcome,
    Outcomes,
    Prerequisite,
    Reason,
    Status,
    Verdict,
    decide,
)

PASS, FAIL, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.ERROR
CLEAN = Outcomes(PASS, PASS, PASS, PASS, PASS, PASS)
PASSED = Verdict(Status.PASS)
FAILED = Verdict(Status.FAIL)


def not_tested(reason: Reason) -> Verdict:
    return Verdict(Status.NOT_TESTED, reason)


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong, and the verdict it gives on its own."""

    name: str
    verdict: Verdict
    outcomes: dict[str, Outcome]
    facts: dict[str, object]
    prerequisite: Prerequisite | None = None


# In the order of the algorithm. `incomplete` is the one place where a later step shows beside an earlier one.
TROUBLES = (
    Trouble("out of scope", not_tested(Reason.OUT_OF_SCOPE), {}, {"in_scope": False}),
    Trouble("model error", not_tested(Reason.LOGIC_ERROR), {}, {"model_error": True}),
    Trouble("no parameter", not_tested(Reason.PARAMETER_MISSING), {}, {"missing_parameters": ("x",)}),
    Trouble("stale", not_tested(Reason.STALE), {"sources": FAIL}, {"any_stale": True}),
    Trouble("no data", not_tested(Reason.NO_DATA), {"sources": FAIL}, {}),
    Trouble("deviation", FAILED, {"deviations": FAIL}, {}),
    Trouble("unknown", not_tested(Reason.PARTIAL), {"unknown": FAIL}, {}),
    Trouble("recon", not_tested(Reason.RECON_FAILED), {"completeness": FAIL}, {}),
    Trouble("dependency", not_tested(Reason.DEPENDENCY), {}, {}, Prerequisite(None)),
    Trouble("only pending", not_tested(Reason.NOT_YET_DUE), {"population": FAIL}, {"evaluated": 0, "pending": 3}),
    Trouble("empty", not_tested(Reason.ZERO_POPULATION), {"population": FAIL}, {"evaluated": 0}),
    Trouble("proven empty", not_tested(Reason.NO_OCCURRENCE), {}, {"evaluated": 0}),
)


def judge(*troubles: Trouble) -> Verdict:
    outcomes, facts, prerequisites = CLEAN, Facts(evaluated=5), {}
    # Later ones first, so that an earlier one's facts are what is seen where two speak of the same thing.
    for trouble in reversed(troubles):
        outcomes = replace(outcomes, **trouble.outcomes)
        facts = replace(facts, **trouble.facts)  # type: ignore[arg-type]
        if trouble.prerequisite:
            prerequisites["XX-01"] = trouble.prerequisite
    return decide(outcomes, facts, prerequisites)


def test_nothing_wrong_passes() -> None:
    assert judge() == PASSED


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_each_step_alone(trouble: Trouble) -> None:
    assert judge(trouble) == trouble.verdict


@pytest.mark.parametrize(("first", "second"), list(combinations(TROUBLES, 2)), ids=lambda trouble: trouble.name)
def test_of_two_steps_the_earlier_decides(first: Trouble, second: Trouble) -> None:
    incomplete = first.name == "deviation" and second.name in ("unknown", "recon", "dependency")
    assert judge(first, second) == replace(first.verdict, incomplete=incomplete)


@pytest.mark.parametrize("step", ["shape", "sources", "population", "completeness", "unknown", "deviations"])
def test_an_expectation_that_could_not_be_asked_is_a_logic_error(step: str) -> None:
    """Whatever the others said: an error is neither a pass nor a fail."""
    for others in (PASS, FAIL):
        outcomes = replace(Outcomes(PASS, others, others, others, others, others), **{step: ERROR})
        assert decide(outcomes, Facts(evaluated=5), {}) == not_tested(Reason.LOGIC_ERROR)


def test_rows_that_contradict_themselves_are_a_logic_error() -> None:
    assert decide(replace(CLEAN, shape=FAIL), Facts(evaluated=5), {}) == not_tested(Reason.LOGIC_ERROR)


def test_no_combination_passes_unless_everything_is_in_order() -> None:
    """All 3^6 outcomes with and without rows: a pass needs six passes and an evaluated row."""
    passed = [
        (outcomes, evaluated)
        for outcomes in product(Outcome, repeat=6)
        for evaluated in (0, 1)
        if decide(Outcomes(*outcomes), Facts(evaluated=evaluated), {}).status is Status.PASS
    ]
    assert passed == [((PASS,) * 6, 1)]


def test_population_expectation_that_disagrees_with_the_count_is_a_logic_error() -> None:
    assert decide(replace(CLEAN, population=FAIL), Facts(evaluated=5), {}) == not_tested(Reason.LOGIC_ERROR)


@pytest.mark.parametrize(
    ("prerequisite", "holds"),
    [
        (Prerequisite(PASSED), True),
        (Prerequisite(FAILED), True),
        (Prerequisite(replace(FAILED, incomplete=True)), True),
        (Prerequisite(not_tested(Reason.NO_OCCURRENCE)), True),
        *((Prerequisite(not_tested(reason)), False) for reason in Reason if reason is not Reason.NO_OCCURRENCE),
        (Prerequisite(None), False),
        (Prerequisite(FAILED, frozenset({"A", "B"}), frozenset({"C"})), True),
        (Prerequisite(FAILED, frozenset({"A", "B"}), frozenset({"B", "C"})), False),
        (Prerequisite(PASSED, frozenset({"A"}), frozenset({"A"})), False),
    ],
)
def test_prerequisites(prerequisite: Prerequisite, holds: bool) -> None:
    verdict = decide(CLEAN, Facts(evaluated=1), {"XX-01": Prerequisite(PASSED), "XX-02": prerequisite})
    assert verdict == (PASSED if holds else not_tested(Reason.DEPENDENCY))


def test_which_verdicts_come_from_evaluated_rows() -> None:
    expected = {Reason.OUT_OF_SCOPE, Reason.LOGIC_ERROR, Reason.PARAMETER_MISSING, Reason.STALE, Reason.NO_DATA}
    assert expected == NOT_EVALUATED
    assert {reason for reason in Reason if not not_tested(reason).evaluated} == expected
    assert PASSED.evaluated and FAILED.evaluated


def declared(name: str) -> dict[str, object]:
    (path,) = (PROJECT / "dbt_project" / "models" / "controls").rglob(f"{name}.yml")
    return yaml.safe_load(path.read_text())["models"][0]["config"]["meta"]


def test_a_trail_stopped_for_minutes_proves_no_empty_population() -> None:
    """Nothing in the log proves that nothing happened only while the log itself was whole (LG-09)."""
    blocking = frozenset(declared("ctl_cm_08__production_changed_by_pipeline")["blocking_codes"]["LG-09"])  # type: ignore[index]
    codes = declared("ctl_lg_09__trail_covers_everything")["codes"]
    assert "STOPPED_IN_WINDOW" in codes  # type: ignore[operator]

    def night(trail: Verdict, *open_codes: str) -> Verdict:
        prerequisite = Prerequisite(trail, blocking, frozenset(open_codes))
        return decide(CLEAN, Facts(evaluated=0), {"LG-09": prerequisite})

    assert night(PASSED) == not_tested(Reason.NO_OCCURRENCE)
    assert night(FAILED) == not_tested(Reason.NO_OCCURRENCE)  # its exceptions are accepted: none is open
    for code in codes:  # type: ignore[attr-defined]
        assert night(FAILED, code) == not_tested(Reason.DEPENDENCY), code

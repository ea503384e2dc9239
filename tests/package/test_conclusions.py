"""Conclusions, coverage and the stretches of deviations: by rule, from counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from soc2_warehouse.package import conclusions, records, wording
from soc2_warehouse.package.conclusions import Coverage, Gap

FIRST = date(2026, 7, 1)
LIMITS = {"min_coverage": 0.95, "max_gap_days": 3}


def units(days: str, reason: str = "NO_DATA") -> list[dict[str, Any]]:
    """A unit a letter: c covered, n not tested, - not judged."""
    return [
        {
            "unit_start": FIRST + timedelta(days=n),
            "day": FIRST + timedelta(days=n),
            "covered": letter == "c",
            "status": None if letter == "-" else "not_tested" if letter == "n" else "pass",
            "reason": reason if letter == "n" else None,
            "cause": None,
            "replay": None,
        }
        for n, letter in enumerate(days)
    ]


def run(status: str, reason: str | None = None, incomplete: bool = False) -> dict[str, Any]:
    return {"status": status, "reason": reason, "incomplete": incomplete}


def test_gaps_of_one_cause_are_one_and_the_longest_counts_all_causes() -> None:
    found = conclusions.coverage(units("ccnn-cccccccccccccccc"))
    assert found.gaps == (
        Gap(FIRST + timedelta(days=2), FIRST + timedelta(days=3), "NO_DATA"),
        Gap(FIRST + timedelta(days=4), FIRST + timedelta(days=4), "NO_RUN"),
    )
    assert (found.expected, found.covered, found.longest) == (21, 18, 3)
    assert found.share == pytest.approx(18 / 21)


def test_a_known_cause_and_what_can_still_be_done_are_said() -> None:
    told = [unit | {"cause": "source_down", "replay": "replayable_once_fetched"} for unit in units("nn")]
    assert conclusions.coverage(told).gaps == (
        Gap(FIRST, FIRST + timedelta(days=1), "NO_DATA: source down", "replayable once fetched"),
    )


@pytest.mark.parametrize(
    ("days", "holds"),
    [
        ("c" * 100, True),
        ("c" * 97 + "nnn", True),
        ("c" * 200 + "nnnn", False),  # 98 %, and one gap of four days
        ("cn" * 5 + "c" * 80, False),  # short gaps, too many
        ("", True),  # nothing was due
    ],
)
def test_both_rules_of_coverage_must_hold(days: str, holds: bool) -> None:
    assert conclusions.coverage(units(days)).holds(LIMITS) is holds


FULL, POOR = Coverage(100, 100, (), 0), Coverage(100, 50, (), 50)


@pytest.mark.parametrize(
    ("runs", "covered", "deviations", "expected"),
    [
        ([run("pass")], FULL, 0, ("no_deviations",)),
        ([run("fail"), run("pass")], FULL, 1, ("deviations_noted",)),
        ([run("pass")], POOR, 0, ("insufficient_evidence",)),
        ([run("fail")], POOR, 2, ("insufficient_evidence", "deviations_noted")),
        ([run("not_tested", "NO_OCCURRENCE")], FULL, 0, ("no_occurrence",)),
        ([run("not_tested", "NO_OCCURRENCE"), run("pass")], FULL, 0, ("no_deviations",)),
        ([run("not_tested", "NO_DATA")], FULL, 0, ("insufficient_evidence",)),
        ([run("not_tested", "OUT_OF_SCOPE")], Coverage(0, 0, (), 0), 0, ("not_in_scope",)),
        ([run("not_tested", "OUT_OF_SCOPE"), run("pass")], FULL, 0, ("no_deviations",)),
        ([], Coverage(0, 0, (), 0), 0, ("insufficient_evidence",)),
        ([run("not_tested", "NO_DATA")], POOR, 1, ("insufficient_evidence", "deviations_noted")),
    ],
)
def test_the_conclusion_follows_from_the_counts(
    runs: list[dict[str, Any]], covered: Coverage, deviations: int, expected: tuple[str, ...]
) -> None:
    assert conclusions.conclude(runs, covered, deviations, LIMITS) == expected


def test_type_1_needs_a_whole_test_on_its_day_and_no_coverage() -> None:
    assert conclusions.conclude([run("pass")], POOR, 0, LIMITS, is_type_1=True) == ("no_deviations",)
    found = conclusions.conclude([run("fail", incomplete=True)], FULL, 1, LIMITS, is_type_1=True)
    assert found == ("insufficient_evidence", "deviations_noted")


def stretches(*events: tuple[str, int, str]) -> list[tuple[Any, ...]]:
    """(exception, since day, until day, ended as, states) of events (exception, day of July, state)."""
    with duckdb.connect() as connection:
        connection.execute("create schema raw_ledger")
        connection.execute(
            "create table raw_ledger.exception_events (exception_id varchar, seq integer, control_id varchar, "
            'entity_key varchar, code varchar, to_state varchar, "at" timestamp, logical_date date)'
        )
        for seq, (name, day, state) in enumerate(events):
            line = [name, seq, "C", "e", "X", state, datetime(2026, 7, day, 2), date(2026, 7, day)]
            connection.execute("insert into raw_ledger.exception_events values (?, ?, ?, ?, ?, ?, ?, ?)", line)
        connection.execute(records.INTERVALS, {"first": date(2026, 7, 10)})
        return connection.execute(
            "select exception_id, day(since), day(until), ended_as, states from intervals order by 1, 2"
        ).fetchall()


def test_a_deviation_stands_from_its_first_night_to_its_repair_and_again() -> None:
    found = stretches(("a", 11, "open"), ("a", 13, "remediated"), ("a", 15, "open"))
    assert found == [("a", 11, 13, "remediated", "open"), ("a", 15, None, None, "open")]


def test_an_accepted_deviation_still_stands_and_a_false_positive_does_not() -> None:
    found = stretches(
        ("a", 11, "open"), ("a", 12, "accepted"), ("a", 14, "open"), ("b", 11, "open"), ("b", 12, "false_positive")
    )
    assert found == [("a", 11, None, None, "accepted, open"), ("b", 11, 12, "false_positive", "open")]


def test_what_was_over_before_the_window_is_not_of_it() -> None:
    found = stretches(
        ("a", 1, "open"), ("a", 9, "remediated"), ("b", 1, "open"), ("b", 10, "remediated"), ("c", 2, "open")
    )
    assert found == [("b", 1, 10, "remediated", "open"), ("c", 2, None, None, "open")]


def test_a_share_is_never_rounded_up_and_counts_are_said_right() -> None:
    assert wording.share(0.9999) == "99.9\u00a0%" and wording.share(1.0) == "100\u00a0%" and wording.share(None) == "–"
    assert wording.count(1, "day") == "1 day" and wording.count(2, "day") == "2 days"
    assert wording.count(2, "category") == "2 categories" and wording.count(1_000, "member") == "1,000 members"

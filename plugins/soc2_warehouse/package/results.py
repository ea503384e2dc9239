"""The results of each control over the window, each with everything that a report says of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from soc2_warehouse.dashboard.reading import Reader
from soc2_warehouse.package import conclusions
from soc2_warehouse.package.conclusions import Coverage
from soc2_warehouse.package.window import Window

#: What a day shows: one letter each for the strip of days, with its word.
LETTERS = {"p": "pass", "f": "fail", "n": "not tested", "o": "no occurrence", "-": "not judged"}
#: Exceptions that a report prints of one control; the workbook has all.
PRINTED = 25


@dataclass
class Result:
    """One control. runs: of the window, in order of days; exceptions: with their ``intervals``; days: a letter each."""

    control: dict[str, Any]
    runs: list[dict[str, Any]]
    days: str
    coverage: Coverage
    conclusions: tuple[str, ...]
    exceptions: list[dict[str, Any]]
    false_positives: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    population: dict[str, Any]
    samples: list[dict[str, Any]] = field(default_factory=list)
    sheet: dict[str, Any] | None = None

    @property
    def id(self) -> str:
        return str(self.control["control_id"])

    @property
    def area(self) -> str:
        return self.id.partition("-")[0]

    @property
    def last(self) -> dict[str, Any] | None:
        """The newest judgement of the window."""
        return self.runs[-1] if self.runs else None

    @property
    def conclusion(self) -> str:
        return conclusions.words(self.conclusions)

    @property
    def is_insufficient(self) -> bool:
        return conclusions.INSUFFICIENT in self.conclusions

    @property
    def in_scope(self) -> bool:
        return conclusions.OUT_OF_SCOPE not in self.conclusions

    @property
    def rate(self) -> float | None:
        """Members of the population that deviate, 0 to 1. None without a population."""
        judged: int = self.population["judged"]
        return self.population["failed"] / judged if judged else None


def read(window: Window, records: Reader, published: Reader) -> list[Result]:
    """Results of all controls of the window, in the order of their ids."""
    declared = published.rows(
        "select * from dim_control where list_contains($controls, control_id) order by control_id",
        {"controls": list(window.controls)},
    )
    limits = conclusions.rules(published.rows("select control_id, parameters from dim_control"))
    runs = _by_control(records.rows("select * from runs order by control_id, logical_date"))
    units = _by_control(_units(window, published))
    raised = _by_control(_exceptions(records))
    members = {row["control_id"]: row for row in records.rows(MEMBERS)}
    found = []
    for row in declared:
        control = row | {name: list(json.loads(row[name] or "{}").values()) for name in ("parameters", "codes")}
        mine = runs[row["control_id"]]
        covered = conclusions.coverage(units[row["control_id"]])
        every = raised[row["control_id"]]
        deviations = [one for one in every if one["state"] != "false_positive"]
        found.append(
            Result(
                control=control,
                runs=mine,
                days=_days(window, mine),
                coverage=covered,
                conclusions=conclusions.conclude(mine, covered, len(deviations), limits, is_type_1=window.is_type_1),
                exceptions=deviations,
                false_positives=[one for one in every if one["state"] == "false_positive"],
                segments=_segments(mine),
                population=_population(mine, members.get(row["control_id"])),
            )
        )
    return found


MEMBERS = """
    select
        control_id,
        count(*) as members,
        count(*) filter (where result = 'pass') as passed,
        count(*) filter (where result = 'exception') as failed,
        count(*) filter (where result not in ('pass', 'exception', 'excluded')) as other,
        count(*) filter (where result = 'excluded') as excluded,
        count(*) - excluded as judged
    from rows
    group by control_id
"""


def _units(window: Window, published: Reader) -> list[dict[str, Any]]:
    """Expected units of the window; why one has no result, where the file of this warehouse says it."""
    has_causes = published.has("fct_coverage_gap")
    causes = "left join fct_coverage_gap as gaps using (control_id, day)" if has_causes else ""
    return published.rows(
        f"""
        select
            units.control_id, units.unit_start, units.day, units.covered, units.status, units.reason,
            {"gaps.cause, gaps.replay" if has_causes else "null as cause, null as replay"}
        from fct_coverage_day as units {causes}
        where units.day between $first and $last and list_contains($controls, units.control_id)
        order by units.control_id, units.day
        """,
        window.given,
    )


def _by_control(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["control_id"]].append(row)
    return found


def _exceptions(records: Reader) -> list[dict[str, Any]]:
    """Exceptions of the window, those that stand first, each with its ``intervals`` and the days it stood."""
    intervals: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in records.rows("select * from intervals order by exception_id, since"):
        intervals[row["exception_id"]].append(row)
    found = records.rows(
        """
        select * from exceptions
        order by
            control_id, state in ('remediated', 'closed_entity_removed'),
            list_position(['critical', 'high', 'medium', 'low'], severity), first_seen_at, entity_key, code
        """
    )
    return [row | {"intervals": intervals[row["exception_id"]]} for row in found]


def _days(window: Window, runs: list[dict[str, Any]]) -> str:
    shown = {run["logical_date"]: run for run in runs}
    return "".join(_letter(shown.get(day)) for day in window.days)


def _letter(run: dict[str, Any] | None) -> str:
    if run is None:
        return "-"
    if run["status"] == "not_tested":
        return "o" if run["reason"] == "NO_OCCURRENCE" else "n"
    return str(run["status"])[0]


def _segments(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stretches of days judged by the same query and the same parameters."""
    found = []
    for (sql, parameters), same in groupby(runs, key=lambda run: (run["sql_sha256"], run["params_sha"])):
        days = list(same)
        found.append(
            {
                "first": days[0]["logical_date"],
                "last": days[-1]["logical_date"],
                "days": len(days),
                "sql_sha256": sql,
                "params_sha": parameters,
                "code": sorted({str(run["code_sha"]) + (" (dirty)" if run["dirty"] else "") for run in days}),
                **{name: sum(1 for run in days if run["status"] == name) for name in ("pass", "fail", "not_tested")},
            }
        )
    return found


def _population(runs: list[dict[str, Any]], members: dict[str, Any] | None) -> dict[str, Any]:
    """What was judged: of the last evaluated night, and over the window."""
    evaluated = [run for run in runs if run["evaluated_ok"]]
    counts = members or {"members": 0, "judged": 0, "passed": 0, "failed": 0, "other": 0, "excluded": 0}
    return {
        **{name: counts[name] for name in ("members", "judged", "passed", "failed", "other", "excluded")},
        "night": evaluated[-1] if evaluated else None,
        "smallest": min((run["population_count"] for run in evaluated), default=None),
        "largest": max((run["population_count"] for run in evaluated), default=None),
    }


def readiness(found: Iterable[Result], window: Window) -> dict[str, Any]:
    """Verdicts of the last day; ``share`` counts passing controls among all in scope, the untested ones too."""
    counts = {"pass": 0, "fail": 0, "not_tested": 0}
    for result in found:
        if not result.in_scope:
            continue
        last = result.last if result.last and result.last["logical_date"] == window.last else None
        counts[last["status"] if last else "not_tested"] += 1
    total = sum(counts.values())
    return counts | {"total": total, "share": counts["pass"] / total if total else None}

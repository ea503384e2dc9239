"""What the ledger says of a day, control by control, for people and for the grid of soc2_verdicts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soc2_warehouse.settings import settings
from soc2_warehouse.steps import PipelineBroken

if TYPE_CHECKING:
    from soc2_warehouse.report import Line

#: How many codes a line names.
SHOWN = 4


def verdict(control_id: str, day: date) -> tuple[str, str]:
    """(status, sentence) of one control. Raises PipelineBroken when it was not judged that day."""
    for line in lines(day, {control_id}):
        counts = f"{line.population} in the population, {line.exceptions} open exceptions"
        return line.status, f"{control_id} on {day}: {line.status}, {counts}. {line.why}".strip()
    raise PipelineBroken(f"{control_id} was not judged on {day}: look at soc2_controls")


def lines(day: date, controls: set[str] | None = None) -> list[Line]:
    """Every control's (or only these controls') newest verdict for ``day``, as a person reads it.

    Raises PipelineBroken when the day was not judged.
    """
    from soc2_warehouse import ledger
    from soc2_warehouse.report import Line

    judged = [run for run in ledger.current(ledger.runs(settings().ledger)) if run.day == day]
    if not judged:
        raise PipelineBroken(f"no judgement of {day} in {settings().ledger}: was soc2_controls run for that day?")
    folder = judged[0].folder
    runs = [run for run in _read(folder / ledger.RUNS) if controls is None or run["control_id"] in controls]
    found: dict[str, Counter[str]] = {run["control_id"]: Counter() for run in runs}
    for row in _read(folder / ledger.ROWS):
        if row["result"] == "exception" and row["control_id"] in found:
            found[row["control_id"]].update(row["codes"])
    return [
        Line(
            control_id=run["control_id"],
            status=run["status"],
            population=run["population_count"] or 0,
            exceptions=run["open_exception_count"] or 0,
            why=_why(run, found[run["control_id"]]),
        )
        for run in runs
    ]


def titles() -> dict[str, str]:
    """Control → title, from the YAML beside the models."""
    from soc2_warehouse import transform

    found = transform.control_meta(settings()).values()
    return {meta["id"]: meta.get("title", "") for meta in found if "id" in meta}


def _read(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as content:
        return [json.loads(line) for line in content]


def _why(run: dict[str, Any], codes: Counter[str]) -> str:
    """Why it was not tested, or what it found and what kept it from a whole test."""
    obstacles = ", ".join(filter(None, (_plain(part) for part in (run["detail"] or "").split("; "))))
    if run["status"] == "not_tested":
        return f"{run['reason']}: {obstacles}" if obstacles else str(run["reason"])
    deviations = [f"{number} {code}" for code, number in codes.most_common() if code in run["deviation_severities"]]
    if len(deviations) > SHOWN:
        deviations[SHOWN:] = [f"and {len(deviations) - SHOWN} more codes"]
    if run["incomplete"]:
        deviations.append(f"incomplete: {obstacles or 'a control it builds on has findings'}")
    return ", ".join(deviations)


def _plain(part: str) -> str:
    """One of the ledger's "expectation: n unexpected" in words; what the counts beside it say anyway is left out."""
    step, _, count = part.removesuffix(" unexpected").partition(": ")
    if not part.endswith(" unexpected"):
        return part
    words = {"unknown": f"{count} unknown", "completeness": f"{count} independent counts disagree"}
    return words.get(step, "" if step in ("deviations", "population") else part)

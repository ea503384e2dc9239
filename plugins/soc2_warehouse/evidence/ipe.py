"""The sheet that makes a list evidence (information produced by the entity): where a control's population comes from.

One sheet per control and day, generated from the ledger, the receipts and the raw files. Only the reviewer's name and
date are left to a person. What cannot be shown is a problem with a name, and a sheet with a problem is not complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from soc2_warehouse import controls, facts, ledger, sources
from soc2_warehouse.controls import Control
from soc2_warehouse.evidence import ipe_trace
from soc2_warehouse.evidence.ipe_inputs import Inputs
from soc2_warehouse.evidence.populations import control_rows, control_run, json_lines
from soc2_warehouse.receipts import Receipt
from soc2_warehouse.settings import Settings


class NoSheet(LookupError):
    """There is no population to describe; the message says why."""


@dataclass(frozen=True)
class Sheet:
    """content: sections by title, each a mapping (fields) or a list of mappings (a table). problems: sentences."""

    control_id: str
    day: date
    content: Mapping[str, Any]
    problems: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.problems


def sheet(settings: Settings, control_id: str, day: date | None = None, inputs: Inputs | None = None) -> Sheet:
    """The sheet of a control's population on ``day``, default the newest. Raises NoSheet.

    inputs: what has been read for other controls' sheets.
    """
    inputs = inputs or Inputs(settings)
    judged = {run.day: run for run in ledger.current(ledger.runs(settings.ledger))}
    if not judged:
        raise NoSheet("nothing is judged yet: run a night first")
    day = day or max(judged)
    if day not in judged:
        raise NoSheet(f"{day} was not judged; judged are {min(judged)} to {max(judged)}")
    found = judged[day]
    run = control_run(found.folder, control_id)
    if run is None:
        raise NoSheet(f"the judgement {found.run_id} of {day} does not know {control_id}")
    problems: list[str] = []
    if not run["evaluated_ok"]:
        problems.append(f"the control was not evaluated ({run['reason']}): {run['detail']}")
    declared = _manifest(settings)[1].get(control_id)
    if declared is None:
        problems.append("no manifest of this home declares the control: its statement and models cannot be shown")
    receipts, earlier = inputs.receipts(run, found.run_id, problems)
    if not run["input_run_ids"] and (declared is None or declared.sources):
        # A control over the warehouse's own records (EV-01, EV-03) has no source but them.
        problems.append("the run names no extract")
    rows = list(control_rows(found.folder, control_id))
    keys = [row["entity_key"] for row in rows if row["result"] != "excluded"]
    if facts.population_hash(keys) != run["population_hash"]:
        problems.append("the rows in the ledger do not give the population_hash of the run")
    records = inputs.records([*receipts, *earlier], problems)
    content = {
        "Purpose": _purpose(declared, run),
        "Population": _population(run, found),
        "Sources": [_source(receipt) for receipt in receipts],
        "Earlier extracts the population rests on": [_earlier(receipt) for receipt in earlier],
        "Transformations": _models(settings, declared, run, problems),
        "Exclusions": [{"reason": why, "rows": count} for why, count in sorted(run["excluded_reasons"].items())],
        "Reference counts": _checks(found.folder, control_id, run, problems),
        **_traced(rows, records, found.run_id),
        "Review": {"reviewer": "", "date": "", "signature": ""},
    }
    return Sheet(control_id, day, content, tuple(problems))


def _purpose(declared: Control | None, run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "control": run["control_id"],
        "title": declared.title if declared else "",
        "statement": declared.statement if declared else "",
        "criteria": list(declared.criteria) if declared else [],
        "environment": run["environment"],
    }


def _population(run: Mapping[str, Any], found: ledger.Run) -> dict[str, Any]:
    names = ("as_of", "status", "reason", "population_count", "evaluated", "passed", "unknown", "pending", "excluded")
    return {
        "logical date": found.day,
        "time zone": "UTC",
        "judgement": found.run_id,
        "judged at": run["started_at"],
        **{name.replace("_", " "): run[name] for name in (*names, "deviation_count")},
        "population hash": run["population_hash"],
        "code": run["code_sha"],
        "code had uncommitted changes": run["dirty"],
        "parameters sha256": run["params_sha"],
    }


def _source(receipt: Receipt) -> dict[str, Any]:
    return {
        "table": receipt.source_id,
        "system": receipt.source,
        "tenant": receipt.tenant,
        "collected by": receipt.collection_method,
        "query": receipt.query,
        "parameters": receipt.parameters,
        "credential": receipt.credential_identity,
        "rights": _rights(receipt.source),
        "extract": receipt.run_id,
        "logical date": receipt.logical_date,
        "window": f"{_utc(receipt.window_start)} to {_utc(receipt.window_end)}" if receipt.window_start else "",
        "started": _utc(receipt.started_at),
        "finished": _utc(receipt.finished_at),
        "status": receipt.status,
        "pages": receipt.pages,
        "rows": receipt.rows,
        "total by the API": receipt.api_reported_total,
        "rows less total": None if receipt.api_reported_total is None else receipt.rows - receipt.api_reported_total,
        "denied": receipt.permission_denied,
        "errors": receipt.object_errors + receipt.http_errors,
        "error texts": receipt.errors,
        "raw file": receipt.object_uri,
        "raw file sha256": receipt.sha256,
        "extractor": receipt.extractor_version,
    }


def _earlier(receipt: Receipt) -> dict[str, Any]:
    names = ("table", "logical date", "extract", "window", "status", "rows", "denied", "raw file sha256")
    whole = _source(receipt)
    return {name: whole[name] for name in names}


def _rights(source: str) -> str:
    """What the source's module says that its credential needs and cannot see."""
    if source not in sources.names():
        return "none: an export that was landed"
    return " ".join((sources.load(source).module.__doc__ or "").split())


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1)
def _read_manifest(file: Path, changed: int) -> tuple[dict[str, Any], dict[str, Control]]:
    """(nodes, controls) of a manifest; a sheet of every control asks for the same one. changed: its time, in ns."""
    nodes: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["nodes"]
    return nodes, {control.id: control for control in controls.load(file)}


def _manifest(settings: Settings) -> tuple[dict[str, Any], dict[str, Control]]:
    file = settings.dbt_target / "manifest.json"
    return _read_manifest(file, file.stat().st_mtime_ns) if file.exists() else ({}, {})


def _models(
    settings: Settings, control: Control | None, run: Mapping[str, Any], problems: list[str]
) -> list[dict[str, Any]]:
    """The dbt models between the raw tables and the control, the control last."""
    if control is None:
        return []
    if control.sql_sha256 and run["sql_sha256"] and control.sql_sha256 != run["sql_sha256"]:
        problems.append(
            "the control's SQL is another by now: the models listed are those of the newest night, not of "
            f"{run['logical_date']} (code {run['code_sha']})"
        )
    nodes = _manifest(settings)[0]
    found: dict[str, dict[str, Any]] = {}

    def visit(unique_id: str) -> None:
        node = nodes.get(unique_id)
        if node is None or unique_id in found:
            return
        for parent in node["depends_on"].get("nodes", ()):
            visit(parent)
        found[unique_id] = {
            "model": node["name"],
            "file": f"dbt_project/{node['original_file_path']}",
            "sha256 of its SQL": node["checksum"]["checksum"],
            "code": run["code_sha"],
        }

    visit(control.unique_id)
    return list(found.values())


def _checks(folder: Path, control_id: str, run: Mapping[str, Any], problems: list[str]) -> list[dict[str, Any]]:
    """Independent counts as the judgement made them, with the difference."""
    file = folder / ledger.CHECKS
    if not file.exists():
        problems.append("the judgement recorded no reference counts")
        return []
    found = []
    for line in json_lines(file, control_id):
        expected, actual = line["expected"], line["actual"]
        difference = None if expected is None or actual is None else actual - expected
        found.append(
            {
                "check": line["check_name"],
                "scope": line["scope"],
                "reference": expected,
                "warehouse": actual,
                "difference": difference,
                "agrees": line["passed"],
                "what was counted": line["detail"],
            }
        )
        if line["passed"] is not True:
            problems.append(f"the check {line['check_name']} of {line['scope']} does not agree: {actual} of {expected}")
    if not found:
        problems.append("no reference count was made for this population")
    return found


def _traced(rows: list[dict[str, Any]], records: list[ipe_trace.Record], run_id: str) -> dict[str, Any]:
    systems = {"person", *(item.receipt.source for item in records)}
    judged = [row for row in rows if row["result"] != "excluded"]
    down = ipe_trace.list_to_source(judged, records, run_id, systems)
    tables = [line["source_id"] for line in down if line["source_id"]]
    base = max(sorted(set(tables)), key=tables.count) if tables else None
    up = ipe_trace.source_to_list(rows, records, base, run_id, systems) if base else []
    return {"Five rows traced to the source": down, "Five records of the source traced to the list": up}


def every(settings: Settings, day: date | None = None) -> Iterator[Sheet]:
    """The sheets of all controls of one day's judgement."""
    judged = {run.day: run for run in ledger.current(ledger.runs(settings.ledger))}
    if not judged or (day and day not in judged):
        raise NoSheet(f"{day or 'nothing'} was not judged")
    day = day or max(judged)
    inputs = Inputs(settings)
    with (judged[day].folder / ledger.RUNS).open(encoding="utf-8") as lines:
        for line in lines:
            yield sheet(settings, json.loads(line)["control_id"], day, inputs)

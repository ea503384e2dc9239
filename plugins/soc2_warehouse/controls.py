"""dbt's manifest as `Control` objects: the one place that reads a control's declaration for Python.

The tree is the registry: a model named ``ctl_<area>_<nn>__<assertion>`` is a control, its ``config.meta`` is the
declaration, a model named ``ctl_<area>_<nn>__reconciled`` holds its completeness checks.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from soc2_warehouse.declaration import (
    SEVERITIES,
    Code,
    Declaration,
    Parameter,
    Problems,
    Source,
    read_codes,
    read_demands,
    read_parameters,
    read_sources,
)

CONTROL_NAME = re.compile(r"^ctl_([a-z]+)_(\d+)__(\w+)$")
MODES = ("snapshot", "event", "periodic")


class ControlError(ValueError):
    """Declarations that cannot be used: one line per problem, naming file, field and fix."""


@dataclass(frozen=True)
class Control:
    """One control test as declared, with the company's parameters applied.

    sql_text: the compiled SQL that ``sql_sha256`` is the hash of; None when dbt has not compiled the model.
    demands: scanners' demands that its rows answer, each with the codes that say it is not met.
    """

    id: str
    title: str
    statement: str
    criteria: tuple[str, ...]
    category: str
    owner: str
    severity: str
    frequency: str
    mode: str
    handbook_rows: tuple[str, ...]
    sources: tuple[Source, ...]
    max_age_hours: int
    parameters: tuple[Parameter, ...]
    codes: tuple[Code, ...]
    depends_on: tuple[str, ...]
    blocking_codes: Mapping[str, tuple[str, ...]]
    zero_proven_by: str | None
    completeness: tuple[str, ...]
    remediation: str
    model: str
    unique_id: str
    schema: str
    columns: tuple[str, ...]
    sql_path: str
    sql_sha256: str | None
    reconciled_model: str | None
    reconciled_unique_id: str | None
    unit_tests: tuple[str, ...]
    declaration_sha256: str
    demands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sql_text: str | None = None

    @cached_property
    def deviation_severities(self) -> dict[str, str]:
        """Codes that fail the control, with the severity that dates their repair."""
        return {code.name: code.severity for code in self.codes if code.deviates}

    @property
    def missing_parameters(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters if parameter.missing)

    @property
    def effective(self) -> dict[str, Any]:
        """The parameters in force: name → value."""
        return {parameter.name: parameter.value for parameter in self.parameters}

    @property
    def parameters_sha256(self) -> str:
        """Hash of the effective values: equal nights were judged by equal figures."""
        return digest(self.effective)


def digest(value: Any) -> str:
    """sha256 of a value's canonical JSON (sorted keys, UTF-8, no blanks)."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def load(manifest: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Control, ...]:
    """Controls of a dbt manifest, each after the controls it depends on.

    manifest: the ``manifest.json`` of the dbt invocation that built the controls (only that one has compiled SQL).
    overrides: the company's parameter values, control id → parameter → value (register ``parameters``).
    Raises ControlError with every problem found.
    """
    content = json.loads(manifest.read_text(encoding="utf-8"))
    nodes = [n for n in content["nodes"].values() if n["resource_type"] == "model" and CONTROL_NAME.match(n["name"])]
    known = {f"{s['source_name']}.{s['name']}" for s in content.get("sources", {}).values()}
    siblings = {_control_id(n["name"]): n for n in nodes if n["name"].endswith("__reconciled")}
    tests: dict[str, list[str]] = {}
    for test in content.get("unit_tests", {}).values():
        tests.setdefault(test["model"], []).append(test["name"])

    problems = Problems()
    controls: dict[str, Control] = {}
    for node in sorted(nodes, key=lambda n: str(n["name"])):
        if node["name"].endswith("__reconciled"):
            continue
        control_id = _control_id(node["name"])
        file = (node.get("patch_path") or node["original_file_path"]).split("://")[-1]
        declaration = Declaration(file, node["config"].get("meta") or {}, problems)
        if declaration.text("id") not in ("", control_id):
            problems.add(
                file, "id", f"is {declaration.text('id')} but the model is {node['name']}", f"write {control_id}"
            )
        if control_id in controls:
            problems.add(
                file, "id", f"{control_id} is also {controls[control_id].model}", "give one of them a free number"
            )
            continue
        controls[control_id] = _control(
            control_id, node, declaration, known, (overrides or {}).get(control_id, {}), siblings.get(control_id), tests
        )
    for control_id in siblings.keys() - controls.keys():
        problems.add(siblings[control_id]["name"], "name", f"reconciles {control_id}, which is no control", "rename it")
    for control_id in (overrides or {}).keys() - controls.keys():
        problems.add("register parameters", control_id, "is no control of this warehouse", "remove or correct it")
    ordered = _topological(controls, problems)
    if problems.found:
        raise ControlError("\n".join(problems.found))
    return ordered


def _control_id(model: str) -> str:
    match = CONTROL_NAME.match(model)
    assert match
    return f"{match[1].upper()}-{match[2]}"


def _control(
    control_id: str,
    node: dict[str, Any],
    meta: Declaration,
    known: set[str],
    overrides: Mapping[str, Any],
    sibling: dict[str, Any] | None,
    tests: Mapping[str, Sequence[str]],
) -> Control:
    severity = meta.choice("severity", SEVERITIES)
    parameters = read_parameters(meta, overrides)
    zero = meta.values.get("zero_population", "suspicious")
    proven_by = zero.get("proven_by") if isinstance(zero, dict) else None
    if zero != "suspicious" and not proven_by:
        meta.problem("zero_population", f"is {zero!r}", "write suspicious or {proven_by: <check name>}")
    completeness = meta.texts("completeness", required=False)
    if (completeness or proven_by) and sibling is None:
        meta.problem(
            "completeness", "names checks that no model makes", f"add {node['name'].split('__')[0]}__reconciled"
        )
    statement = node.get("description") or ""
    if not statement.strip():
        meta.problem("description", "is empty", "state what the control shows and the grain of a row")
    compiled = node.get("compiled_code")
    codes = read_codes(meta, severity, parameters)
    return Control(
        id=control_id,
        title=meta.text("title"),
        statement=" ".join(statement.split()),
        # Managing an engagement is no trust services criterion.
        criteria=meta.texts("criteria", required=meta.values.get("category") != "Engagement"),
        category=meta.text("category"),
        owner=meta.text("owner"),
        severity=severity,
        frequency=meta.text("frequency"),
        mode=meta.choice("mode", MODES),
        handbook_rows=meta.texts("handbook_rows", required=False),
        demands=read_demands(meta, codes),
        sources=read_sources(meta, known),
        max_age_hours=meta.number("max_age_hours", 36),
        parameters=parameters,
        codes=codes,
        depends_on=meta.texts("depends_on", required=False),
        blocking_codes={k: tuple(v) for k, v in meta.mapping("blocking_codes").items()},
        zero_proven_by=proven_by,
        completeness=completeness,
        remediation=" ".join(meta.text("remediation").split()),
        model=node["name"],
        unique_id=node["unique_id"],
        schema=node["schema"],
        columns=tuple(node.get("columns") or ()),
        sql_path=node["original_file_path"],
        sql_sha256=hashlib.sha256(compiled.encode()).hexdigest() if compiled else None,
        sql_text=compiled or None,
        reconciled_model=sibling["name"] if sibling else None,
        reconciled_unique_id=sibling["unique_id"] if sibling else None,
        unit_tests=tuple(sorted(tests.get(node["name"], ()))),
        declaration_sha256=digest({"description": statement, "meta": meta.values}),
    )


def _topological(controls: Mapping[str, Control], problems: Problems) -> tuple[Control, ...]:
    """Controls in an order where dependencies come first; a dependency outside the warehouse has no place in it."""
    ordered: dict[str, Control] = {}
    waiting = dict(sorted(controls.items()))
    while waiting:
        ready = [c for c in waiting.values() if not any(d in waiting for d in c.depends_on)]
        if not ready:
            problems.add(
                next(iter(waiting.values())).sql_path, "depends_on", f"is circular: {sorted(waiting)}", "cut it"
            )
            break
        for control in ready:
            ordered[control.id] = waiting.pop(control.id)
    return tuple(ordered.values())


CONTROL_COLUMNS = (
    "control_id varchar, title varchar, statement varchar, criteria varchar[], category varchar, owner varchar, "
    "severity varchar, frequency varchar, mode varchar, handbook_rows varchar[], sources varchar[], "
    "max_age_hours double, parameters varchar, codes varchar, deviation_codes varchar[], depends_on varchar[], "
    "zero_proven_by varchar, completeness varchar[], remediation varchar, model_name varchar, "
    "reconciled_model varchar, sql_path varchar, sql_sha256 varchar, sql_text varchar, "
    "parameters_sha256 varchar, declaration_sha256 varchar, unit_tests varchar[]"
)
SOURCE_COLUMNS = (
    "control_id varchar, source_id varchar, required varchar, system_id varchar, max_age_hours double, mode varchar"
)
DEMAND_COLUMNS = "control_id varchar, demand_id varchar, codes varchar[]"


def write_meta(connection: duckdb.DuckDBPyConnection, controls: Sequence[Control]) -> None:
    """(Re)create raw_meta.controls (a row per control), raw_meta.control_sources (a row per control and raw table) and
    raw_meta.control_demands (a row per control and scanners' demand).

    ``required`` is ``always``, or ``if_enabled`` when the register decides about ``system_id``.
    """
    connection.execute("create schema if not exists raw_meta")
    connection.execute(f"create or replace table raw_meta.controls ({CONTROL_COLUMNS})")
    connection.execute(f"create or replace table raw_meta.control_sources ({SOURCE_COLUMNS})")
    connection.execute(f"create or replace table raw_meta.control_demands ({DEMAND_COLUMNS})")
    for control in controls:
        row = [_meta_value(control, part.split()[0]) for part in CONTROL_COLUMNS.split(", ")]
        connection.execute(f"insert into raw_meta.controls values ({', '.join('?' * len(row))})", row)
        for source in control.sources:
            required = "always" if source.required else "if_enabled"
            connection.execute(
                "insert into raw_meta.control_sources values (?, ?, ?, ?, ?, ?)",
                [control.id, source.source_id, required, source.system_id, control.max_age_hours, control.mode],
            )
        for demand, named in control.demands.items():
            connection.execute(
                "insert into raw_meta.control_demands values (?, ?, ?)", [control.id, demand, list(named)]
            )


def _meta_value(control: Control, column: str) -> Any:
    if column == "control_id":
        return control.id
    if column == "model_name":
        return control.model
    if column == "sources":
        return [source.source_id for source in control.sources]
    if column == "deviation_codes":
        return list(control.deviation_severities)
    if column in ("parameters", "codes"):
        items = {item.name: asdict(item) for item in getattr(control, column)}
        return json.dumps(items, ensure_ascii=False, default=str)
    value = getattr(control, column)
    return list(value) if isinstance(value, tuple) else value

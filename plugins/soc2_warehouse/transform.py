"""dbt on the build file, in this process.

A failing node is a result, not an exception: one control whose SQL is wrong must not keep the night from being judged.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from soc2_warehouse import kept_manifest, selection
from soc2_warehouse.settings import Settings
from soc2_warehouse.warehouse import connect, forget_staging


@dataclass(frozen=True)
class NodeResult:
    """What one dbt node did: status is dbt's own (success, pass, error, fail, skipped …)."""

    unique_id: str
    status: str
    message: str
    seconds: float

    @property
    def name(self) -> str:
        return self.unique_id.split(".")[2]

    @property
    def ok(self) -> bool:
        return self.status in ("success", "pass", "warn", "no-op")


@dataclass(frozen=True)
class DbtRun:
    """One dbt invocation. ``error`` is dbt's own message when it did not even start its nodes; ``manifest`` is what
    ``parse`` read.
    """

    nodes: tuple[NodeResult, ...]
    success: bool
    error: str
    seconds: float
    manifest: Any = None


def control_meta(settings: Settings) -> dict[str, Any]:
    """config.meta of every control model, from its YAML; unit tests need it as a variable (macros/control.sql)."""
    found: dict[str, Any] = {}
    for path in sorted((settings.dbt_project / "models" / "controls").rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
            found[model["name"]] = model.get("config", {}).get("meta", {})
    return found


def dbt(
    settings: Settings,
    arguments: Sequence[str],
    variables: dict[str, Any] | None = None,
    manifest: Any = None,
) -> DbtRun:
    """Run dbt in this process on the build file.

    arguments: as on dbt's command line, without directories. variables: dbt's ``--vars``. manifest: the project as an
    earlier run parsed it with the same variables (default: parse it). Returns a result per node.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    settings.build_file.parent.mkdir(parents=True, exist_ok=True)
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    os.environ["SOC2_BUILD_FILE"] = str(settings.build_file)
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    project = str(settings.dbt_project)
    # What went wrong is in the results; a log of every query that went well costs a tenth of the night.
    command = [
        *arguments,
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", str(settings.dbt_target), "--log-path", str(settings.dbt_target / "logs")),
        *("--log-level-file", "warn"),
        *("--vars", json.dumps(variables or {}, sort_keys=True, default=str)),
    ]
    started = time.monotonic()
    try:
        outcome = dbtRunner(manifest=manifest).invoke(command)
    finally:
        # The adapter keeps its DuckDB handle for the process; whoever opens the file next needs it closed.
        DuckDBConnectionManager.close_all_connections()
    results = getattr(outcome.result, "results", None) or []
    nodes = tuple(
        NodeResult(
            unique_id=result.node.unique_id,
            status=str(result.status),
            message=str(result.message or ""),
            seconds=float(result.execution_time or 0),
        )
        for result in results
        if hasattr(result, "node")
    )
    error = str(outcome.exception) if outcome.exception else ""
    parsed = outcome.result if arguments[-1] == "parse" and outcome.success else None
    return DbtRun(nodes, bool(outcome.success), error, time.monotonic() - started, parsed)


@dataclass
class _Parsed:
    """The project as it was last parsed in this process, and what for.

    files: state of the project's files. declared: its controls with their SQL, once a build of all of them was read;
    from then on builds of this process need write no files. built: what the last one of them built.
    """

    settings: Settings | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    files: str = ""
    manifest: Any = None
    declared: tuple[Any, ...] | None = None
    built: frozenset[str] | None = None

    def fits(self, settings: Settings, parameters: dict[str, Any]) -> bool:
        return self.manifest is not None and self.settings == settings and self.parameters == parameters


_parsed = _Parsed()


def parse(settings: Settings) -> tuple[DbtRun, dict[str, Any]]:
    """Read the project. Runs that follow in this process use what was read, and so does the next night as long as
    neither files nor parameters change: parsing takes seconds. Another process finds it in kept_manifest.py.
    Returns the run and the company's parameters that it was read with.
    """
    overrides, files = parameters(settings), _files(settings)
    state = _state(files)
    if _parsed.fits(settings, overrides) and _parsed.files == state:
        return DbtRun((), True, "", 0.0, _parsed.manifest), overrides
    run = read_project(settings, {"parameters": overrides}, files)
    _parsed.settings, _parsed.parameters, _parsed.files = settings, overrides, state
    _parsed.manifest, _parsed.declared, _parsed.built = run.manifest, None, None
    return run, overrides


def read_project(settings: Settings, variables: dict[str, Any], files: Sequence[Path] = ()) -> DbtRun:
    """The project with these variables, as another process parsed it or parsed now; manifest.json is in place.

    files: what it consists of, where the caller knows.
    """
    key = kept_manifest.key_of(settings, variables, files or _files(settings))
    if (kept := kept_manifest.read(settings, key)) is not None:
        return DbtRun((), True, "", 0.0, kept)
    run = dbt(settings, ["--quiet", "parse"], variables)
    if run.manifest is not None:
        kept_manifest.write(settings, key, run.manifest)
    return run


def _files(settings: Settings) -> list[Path]:
    """What dbt parses."""
    folders = ("models", "macros", "seeds", "snapshots", "tests")
    found = [path for folder in folders for path in sorted((settings.dbt_project / folder).rglob("*.*"))]
    return [path for path in [*found, *sorted(settings.dbt_project.glob("*.yml"))] if path.is_file()]


def _state(files: Sequence[Path]) -> str:
    """Names, sizes and times of the project's files: enough to see that somebody has edited one meanwhile."""
    told = [f"{path} {stat.st_size} {stat.st_mtime_ns}" for path in files if (stat := path.stat())]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def declared(settings: Settings) -> tuple[Any, ...] | None:
    """Controls of this home with their SQL, when a build of this process has read them since ``parse``."""
    return _parsed.declared if _parsed.settings == settings else None


def keep_declared(settings: Settings, found: Sequence[Any]) -> None:
    """Let later builds of this process use these controls, if each has its SQL: it stays the same while nothing is
    parsed anew.
    """
    if _parsed.settings == settings and found and all(control.sql_sha256 for control in found):
        _parsed.declared = tuple(found)


def built(settings: Settings) -> frozenset[str] | None:
    """Unique ids of what the last build of this process built, when it left no files; else None."""
    return _parsed.built if _parsed.settings == settings else None


def evaluate(settings: Settings, quiet: bool = True, marts_follow: bool = True) -> DbtRun:
    """Staging, intermediate and control models for the day that ``load`` loaded.

    marts_follow: also what only marts read, in a home that is limited to some controls.
    """
    parse(settings)
    models = selection.read(settings).models()
    chosen = ["--selector", "evaluate"]
    if models:
        marts = ["+tag:publish"] if marts_follow else []
        kinds = ["--resource-type", "model", "--resource-type", "seed"]
        chosen = ["--select", *models, *marts, "--exclude", "tag:publish", *kinds]
    without_files = declared(settings) is not None
    run = _build(settings, [*chosen, *(["--no-write-json"] if without_files else [])], quiet)
    succeeded = frozenset(node.unique_id for node in run.nodes if node.status == "success")
    _parsed.built = succeeded if without_files else None
    return run


def build_marts(settings: Settings, quiet: bool = True) -> DbtRun:
    """The marts, after the ledger has been loaded."""
    return _build(settings, ["--selector", "publish"], quiet)


def parameters(settings: Settings) -> dict[str, Any]:
    """Company overrides of control parameters from the newest loaded register ``parameters``: {control: {name: value}}.

    An unusable register gives no overrides; that it is missing shows in the controls that need it.
    """
    with connect(settings) as connection:
        try:
            rows = connection.execute(
                "select record, parent from raw_registers.parameters where error is null "
                "and _day = (select max(_day) from raw_registers.parameters)"
            ).fetchall()
        except duckdb.CatalogException:
            return {}
    overrides: dict[str, Any] = {}
    for record, _ in rows:
        value = json.loads(record)
        overrides.setdefault(value["control_id"], {})[value["name"]] = value["value"]
    return overrides


def _build(settings: Settings, chosen: Sequence[str], quiet: bool) -> DbtRun:
    _forget_staging_of_other_code(settings)
    arguments = ["build", *chosen]
    if quiet:
        arguments = ["--quiet", "--no-print", *arguments]
    read, overrides = parse(settings)
    return dbt(settings, arguments, {"parameters": overrides}, read.manifest) if read.success else read


def _forget_staging_of_other_code(settings: Settings) -> None:
    """Staging is incremental: rows parsed by other SQL than today's must be parsed again."""
    digest = hashlib.sha256()
    for folder in ("models/staging", "macros"):
        for path in sorted((settings.dbt_project / folder).rglob("*.sql")):
            digest.update(path.relative_to(settings.dbt_project).as_posix().encode())
            digest.update(path.read_bytes())
    with connect(settings) as connection:
        connection.execute("create schema if not exists raw_meta")
        connection.execute("create table if not exists raw_meta.build_info (staging_sha varchar)")
        row = connection.execute("select staging_sha from raw_meta.build_info").fetchone()
        if row and row[0] == digest.hexdigest():
            return
    forget_staging(settings)
    with connect(settings) as connection:
        connection.execute("delete from raw_meta.build_info")
        connection.execute("insert into raw_meta.build_info values (?)", [digest.hexdigest()])

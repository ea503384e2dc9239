"""The population of a control over a window of days, from the judgements in the ledger that count.

What one instance of a control is depends on how it works:

    occurrence   controls of mode event or periodic: one row, wherever in the window it was judged (a merge, a leaver, a
                 review); the key is its entity key, the row is the newest one that was judged in the window
    day          controls of mode snapshot: one night on which the whole state was tested; the key is the day, and what
                 is looked at is that night's run and its deviations
    entity-day   controls of mode snapshot, on request: one row on one night; the key is ``<entity key>|<day>``
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from soc2_warehouse import ledger
from soc2_warehouse.evidence.sampling import SamplingError
from soc2_warehouse.settings import Settings

OCCURRENCE, DAY, ENTITY_DAY = "occurrence", "day", "entity-day"
UNITS = (OCCURRENCE, DAY, ENTITY_DAY)
STRATA = ("month", "system", "severity")
NAMES_OF_SYSTEMS = ("system_id", "source_id", "provider", "repo")
RANKS = ("critical", "high", "medium", "low")


@dataclass(frozen=True)
class Night:
    """One judgement of the control that counts. run: its line of control_runs.jsonl; rows_sha256: of the rows' file."""

    day: date
    run: Mapping[str, Any]
    folder: Path
    rows_sha256: str


@dataclass(frozen=True)
class Instance:
    """One member of the population. day: the logical day of the run its row comes from; first_day: the first in the
    window that shows it."""

    key: str
    run_id: str
    day: date
    first_day: date
    system: str
    severity: str

    def stratum(self, by: str | None) -> str:
        if by == "month":
            return f"{self.first_day:%Y-%m}"
        return {"system": self.system, "severity": self.severity}[by] if by else "all"


@dataclass(frozen=True)
class Population:
    """gaps: days of the window without a run of the control, or with one that could not evaluate it → the cause."""

    control_id: str
    start: date
    end: date
    unit: str
    mode: str
    severity: str
    instances: Mapping[str, Instance]
    nights: tuple[Night, ...]
    gaps: Mapping[date, str] = field(default_factory=dict)


def unit_of(mode: str, wished: str | None) -> str:
    """The unit of a control of this mode. Raises SamplingError for one that it does not have."""
    own = (DAY, ENTITY_DAY) if mode == "snapshot" else (OCCURRENCE,)
    if wished and wished not in own:
        raise SamplingError(f"a {mode} control has no unit {wished!r}: {' or '.join(own)}")
    return wished or own[0]


def read(settings: Settings, control_id: str, start: date, end: date, unit: str | None = None) -> Population:
    """The population of [start, end], both inclusive.

    Raises SamplingError when no run of the window evaluated the control: from nothing, no sample is drawn.
    """
    if end < start:
        raise SamplingError(f"the window ends ({end}) before it starts ({start})")
    nights, gaps = _nights(settings, control_id, start, end)
    if not nights:
        told = "; ".join(f"{day}: {why}" for day, why in list(gaps.items())[:3])
        raise SamplingError(f"{control_id} was evaluated on no day from {start} to {end}: {told}")
    newest = nights[-1].run
    unit = unit_of(newest["mode"], unit)
    instances: dict[str, Instance] = {}
    for night in nights:
        for found in _instances(night, unit):
            known = instances.get(found.key)
            first = known.first_day if known else night.day
            instances[found.key] = Instance(
                found.key, night.run["run_id"], night.day, first, found.system, found.severity
            )
    place = (control_id, start, end, unit, newest["mode"], newest["severity"])
    return Population(*place, dict(sorted(instances.items())), tuple(nights), gaps)


def _nights(settings: Settings, control_id: str, start: date, end: date) -> tuple[list[Night], dict[date, str]]:
    nights: list[Night] = []
    gaps = {start + timedelta(days=n): "no judgement of the day" for n in range((end - start).days + 1)}
    for found in ledger.current(ledger.runs(settings.ledger)):
        if not start <= found.day <= end:
            continue
        run = control_run(found.folder, control_id)
        if run is None:
            gaps[found.day] = f"judgement {found.run_id} does not know the control"
        elif not run["evaluated_ok"]:
            gaps[found.day] = f"not evaluated ({run['reason']}): {run['detail']}"
        else:
            del gaps[found.day]
            nights.append(Night(found.day, run, found.folder, file_sha256(found.folder / ledger.ROWS)))
    return nights, gaps


def _instances(night: Night, unit: str) -> Iterator[Instance]:
    first = (night.run["run_id"], night.day, night.day)
    if unit == DAY:
        yield Instance(night.day.isoformat(), *first, "all systems", _worst(night.run["deviation_severities"], ()))
        return
    severities = night.run["deviation_severities"]
    for row in control_rows(night.folder, night.run["control_id"]):
        if row["result"] == "excluded":
            continue
        key = f"{row['entity_key']}|{night.day}" if unit == ENTITY_DAY else row["entity_key"]
        yield Instance(key, *first, system_of(row), _worst(severities, row["codes"]))


def system_of(row: Mapping[str, Any]) -> str:
    """Where a row comes from: the system its evidence names, else what its key starts with."""
    evidence = row["evidence"] or {}
    named = next((evidence[name] for name in NAMES_OF_SYSTEMS if evidence.get(name)), None)
    return str(named or row["entity_key"].replace("#", "|").split("|")[0])


def _worst(severities: Mapping[str, str], codes: Any) -> str:
    found = {severities[code] for code in codes or () if code in severities}
    return next((name for name in RANKS if name in found), "no deviation")


def control_run(folder: Path, control_id: str) -> dict[str, Any] | None:
    """The control's line of a judgement; None when the judgement does not have it."""
    return next(json_lines(folder / ledger.RUNS, control_id), None)


def control_rows(folder: Path, control_id: str) -> Iterator[dict[str, Any]]:
    """The control's rows of a judgement, sorted by key."""
    return json_lines(folder / ledger.ROWS, control_id)


def json_lines(file: Path, control_id: str) -> Iterator[dict[str, Any]]:
    """A control's lines of one of a judgement's files."""
    # A night has tens of thousands of rows; only the control's own are worth decoding.
    marker = f'"control_id":"{control_id}"'
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if marker in line:
                value = json.loads(line)
                if value["control_id"] == control_id:
                    yield value


def file_sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

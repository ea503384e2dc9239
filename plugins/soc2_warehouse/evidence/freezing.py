"""A population written down before anybody knows the seed: a file that is only ever created, and chained at once."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from soc2_warehouse import chain, ledger, warehouse
from soc2_warehouse.evidence import populations
from soc2_warehouse.evidence.populations import file_sha256
from soc2_warehouse.evidence.sampling import SamplingError
from soc2_warehouse.facts import population_hash
from soc2_warehouse.settings import Settings


@dataclass(frozen=True)
class Frozen:
    """A frozen population as its file has it. sha256: of the file."""

    file: Path
    sha256: str
    content: Mapping[str, Any]

    @property
    def frozen_at(self) -> datetime:
        return datetime.fromisoformat(self.content["frozen_at"])

    @property
    def window(self) -> tuple[date, date]:
        return date.fromisoformat(self.content["window_start"]), date.fromisoformat(self.content["window_end"])


def folder(settings: Settings, control_id: str, start: date, end: date) -> Path:
    """Where everything about one window of a control is. Raises SamplingError for what is no control's id."""
    if not re.fullmatch(r"[A-Z]+-\d+", control_id):
        raise SamplingError(f"{control_id!r} is no control: write it such as CM-03")
    return settings.samples / control_id / f"{start}_{end}"


def freeze(
    settings: Settings, control_id: str, start: date, end: date, now: datetime, unit: str | None = None
) -> Frozen:
    """Write the population of the window down, as a new version. Raises SamplingError when there is none."""
    found = populations.read(settings, control_id, start, end, unit)
    if not found.instances:
        raise SamplingError(
            f"{control_id} has an empty population from {start} to {end}: there is nothing to draw from"
        )
    place = folder(settings, control_id, start, end)
    version = len(list(place.glob("population-v*.json"))) + 1
    content = {
        "control_id": control_id,
        "window_start": start,
        "window_end": end,
        "version": version,
        "frozen_at": now,
        "unit": found.unit,
        "mode": found.mode,
        "severity": found.severity,
        "population_count": len(found.instances),
        "population_hash": population_hash(found.instances),
        "keys": sorted(found.instances),
        "instances": {
            key: {
                "run_id": item.run_id,
                "day": item.day,
                "first_day": item.first_day,
                "system": item.system,
                "severity": item.severity,
            }
            for key, item in found.instances.items()
        },
        "runs": [_run(settings, night) for night in found.nights],
        "days_without_a_result": {day.isoformat(): why for day, why in sorted(found.gaps.items())},
        "frozen_before": _before(place, version),
    }
    file = place / f"population-v{version}.json"
    create(settings, file, content)
    return _open(file)


def _run(settings: Settings, night: populations.Night) -> dict[str, Any]:
    names = ("run_id", "logical_date", "population_count", "population_hash", "code_sha", "params_sha", "input_run_ids")
    place = night.folder.relative_to(settings.ledger).as_posix()
    return {name: night.run[name] for name in names} | {"folder": place, "rows_sha256": night.rows_sha256}


def _before(place: Path, version: int) -> dict[str, Any] | None:
    """The version before, by its hash: who changes one has to change all that follow."""
    file = place / f"population-v{version - 1}.json"
    return {"file": file.name, "sha256": file_sha256(file)} if version > 1 else None


def frozen(settings: Settings, control_id: str, start: date, end: date, version: int | None = None) -> Frozen:
    """A frozen version, the newest unless named. Raises SamplingError when there is none, or when it was altered."""
    place = folder(settings, control_id, start, end)
    count = len(list(place.glob("population-v*.json")))
    if not count:
        raise SamplingError(
            f"the population of {control_id} from {start} to {end} is not frozen: run it with --freeze first, "
            "and ask the auditor for the seed only then"
        )
    found = _open(place / f"population-v{version or count}.json")
    keys = found.content["keys"]
    if population_hash(keys) != found.content["population_hash"] or set(keys) != found.content["instances"].keys():
        raise SamplingError(f"{found.file.name} was altered: its keys do not give its population_hash")
    return found


def _open(file: Path) -> Frozen:
    if not file.exists():
        raise SamplingError(f"there is no {file.name}")
    return Frozen(file, file_sha256(file), json.loads(file.read_text(encoding="utf-8")))


def create(settings: Settings, file: Path, content: Mapping[str, Any]) -> None:
    """Create a file that nobody writes to again, and put it into the hash chain; the next night seals it.

    Waits for a night that is writing. Raises SamplingError when the file is there.
    """
    with warehouse.writing(settings):
        _create(file, content)
        chain.append_samples(settings)


def _create(file: Path, content: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(json.loads(ledger.canonical(content)), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        with draft.open("x", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.chmod(0o444)
        # A link fails where a rename would overwrite, and the file appears whole.
        os.link(draft, file)
    except FileExistsError:
        raise SamplingError(f"{file.name} is there already: what was written is not overwritten") from None
    finally:
        draft.unlink(missing_ok=True)

"""Freezing a population, drawing from it, replacing what cannot be looked at: in files that are only ever created,
and are in the hash chain from then on.

    samples/CM-03/2026-01-01_2026-06-30/population-v1.json           keys and hash, frozen before anybody knows the seed
                                        draw-v1-01.json              seed, sizes, strata, every sampled row
                                        draw-v1-01-replaced-01.json  which key, why, and what came in its place

A second freeze makes version 2, a second seed a second draw: none takes the place of another, and each draw names the
draws before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from soc2_warehouse import ledger
from soc2_warehouse.evidence import populations, sampling
from soc2_warehouse.evidence.freezing import Frozen, create
from soc2_warehouse.evidence.populations import DAY, Population, control_rows, control_run, file_sha256
from soc2_warehouse.evidence.sampling import SamplingError, Size, Stratum
from soc2_warehouse.facts import population_hash
from soc2_warehouse.settings import Settings


@dataclass(frozen=True)
class Wish:
    """What the auditor asks for. seed_given_at: aware UTC, when the seed became known to anybody on our side."""

    seed: str
    seed_given_at: datetime
    size: int | None = None
    by: str | None = None
    risk: str | None = None
    statistical: bool = False
    confidence: str | None = None
    tolerable: str | None = None
    sizes: Path = sampling.SIZES


def draw(settings: Settings, source: Frozen, wish: Wish, now: datetime) -> Path:
    """Draw a sample of a frozen population and write it down; returns the file.

    Raises SamplingError when the seed is older than the freeze, or when the ledger's rows are no longer those that
    were frozen.
    """
    if not wish.seed.strip():
        raise SamplingError("the seed is empty: it is the auditor's to choose")
    if wish.seed_given_at < source.frozen_at:
        raise SamplingError(
            f"the seed is from {wish.seed_given_at:%Y-%m-%d %H:%M:%S}Z and the population was frozen at "
            f"{source.frozen_at:%Y-%m-%d %H:%M:%S}Z: whoever knew the seed could have shaped the population. "
            "Ask the auditor for a new one"
        )
    if wish.seed_given_at > now:
        raise SamplingError(f"the seed is from the future ({wish.seed_given_at:%Y-%m-%d %H:%M:%S}Z)")
    folders = dict(_sealed(settings, source))
    size = _size(source, wish)
    strata = sampling.draw(
        wish.seed,
        source.content["control_id"],
        source.window,
        source.content["population_hash"],
        _strata(source, wish.by),
        size.n,
    )
    earlier = sorted(source.file.parent.glob(f"draw-v{source.content['version']}-[0-9][0-9].json"))
    content = {
        "control_id": source.content["control_id"],
        "window_start": source.content["window_start"],
        "window_end": source.content["window_end"],
        "unit": source.content["unit"],
        "population": {
            "file": source.file.name,
            "sha256": source.sha256,
            "version": source.content["version"],
            "frozen_at": source.frozen_at,
            "population_count": source.content["population_count"],
            "population_hash": source.content["population_hash"],
        },
        "seed": wish.seed,
        "seed_given_at": wish.seed_given_at,
        "drawn_at": now,
        "size": {"n": size.n, "rule": size.rule, "sizes_sha256": file_sha256(wish.sizes)},
        "by": wish.by,
        "strata": [{"name": item.name, "population": len(item.ranked), "sample": item.n} for item in strata],
        "sample": list(_selected(source, strata, folders)),
        "reserve": {item.name: [ranked.key for ranked in item.ranked[item.n :]] for item in strata},
        "upper_limit_at_90_percent_without_deviations": round(sampling.upper_limit(size.n, 0), 4),
        "draws_before": [{"file": file.name, "seed": json.loads(file.read_text())["seed"]} for file in earlier],
        "population_now": _now(settings, source),
    }
    file = source.file.parent / f"draw-v{source.content['version']}-{len(earlier) + 1:02d}.json"
    create(settings, file, content)
    return file


def _size(source: Frozen, wish: Wish) -> Size:
    count = source.content["population_count"]
    sizes = sampling.read_sizes(wish.sizes)
    if wish.size is not None and wish.statistical:
        raise SamplingError("--size or --statistical, not both")
    if wish.size is not None:
        if not 0 < wish.size <= count:
            raise SamplingError(f"{wish.size} cannot be drawn from a population of {count}")
        return Size(wish.size, "as the auditor asked")
    if wish.statistical:
        given = sizes["statistical"]
        sure, share = wish.confidence or given["confidence"], wish.tolerable or given["tolerable"]
        return sampling.size_statistical(count, sure, share)
    if source.content["unit"] == DAY:
        start, end = source.window
        return sampling.size_by_frequency(sizes, "daily", wish.risk or "default", count, (end - start).days + 1)
    critical = source.content["severity"] == "critical"
    return sampling.size_by_population(sizes, wish.risk or ("high" if critical else "default"), count)


def _strata(source: Frozen, by: str | None) -> dict[str, list[str]]:
    if by is not None and by not in populations.STRATA:
        raise SamplingError(f"strata are {', '.join(populations.STRATA)}, not {by!r}")
    if by in ("system", "severity") and source.content["unit"] == DAY:
        raise SamplingError(f"a day has no {by}: freeze with --unit {populations.ENTITY_DAY} to sample rows")
    found: dict[str, list[str]] = {}
    for key, line in source.content["instances"].items():
        item = populations.Instance(
            key,
            line["run_id"],
            date.fromisoformat(line["day"]),
            date.fromisoformat(line["first_day"]),
            line["system"],
            line["severity"],
        )
        found.setdefault(item.stratum(by), []).append(key)
    return found


def _sealed(settings: Settings, source: Frozen) -> Iterator[tuple[str, Path]]:
    """run_id → folder of every run that was frozen. Raises SamplingError when the rows beside it are not the same."""
    for run in source.content["runs"]:
        place = settings.ledger / run["folder"]
        file = place / ledger.ROWS
        if not file.exists() or file_sha256(file) != run["rows_sha256"]:
            what = "are not those that were frozen" if file.exists() else "are not in the ledger any more"
            raise SamplingError(f"the rows of {run['run_id']} ({run['logical_date']}) {what}: verify the ledger")
        yield run["run_id"], place


def _selected(source: Frozen, strata: list[Stratum], folders: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    chosen = {ranked.key: ranked for item in strata for ranked in item.ranked[: item.n]}
    for key, item in evidence(source, chosen, folders).items():
        ranked = chosen[key]
        yield {"stratum": ranked.stratum, "position": ranked.position, "key": key, "rank": ranked.rank} | item


def evidence(source: Frozen, keys: Mapping[str, Any], folders: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """For each key, in the order of ``keys``: the run it comes from and its row there; for a day, the run's own line
    and its rows that did not pass.
    """
    control_id, unit = source.content["control_id"], source.content["unit"]
    instances = source.content["instances"]
    found: dict[str, dict[str, Any]] = {}
    for run_id in {instances[key]["run_id"] for key in keys}:
        mine = {key for key in keys if instances[key]["run_id"] == run_id}
        line, rows = control_run(folders[run_id], control_id), list(control_rows(folders[run_id], control_id))
        for key in mine:
            item = {"run_id": run_id, "day": instances[key]["day"], "ledger": folders[run_id].name}
            if unit == DAY:
                found[key] = item | {
                    "run": line,
                    "rows": [row for row in rows if row["result"] not in ("pass", "excluded")],
                }
            else:
                entity = key.removesuffix(f"|{instances[key]['day']}") if unit == populations.ENTITY_DAY else key
                found[key] = item | {"row": next(row for row in rows if row["entity_key"] == entity)}
    return {key: found[key] for key in keys}


def _now(settings: Settings, source: Frozen) -> str:
    """Whether the ledger would give the same population today; the sample stays one of the frozen population."""
    start, end = source.window
    found: Population = populations.read(settings, source.content["control_id"], start, end, source.content["unit"])
    if population_hash(found.instances) == source.content["population_hash"]:
        return "the ledger still gives the frozen population"
    return (
        f"the ledger gives another population by now, of {len(found.instances)}: this sample is one of the frozen "
        "version; freeze again for the other"
    )


def replace(settings: Settings, source: Frozen, file: Path, key: str, reason: str, now: datetime) -> Path:
    """Replace a sampled key by the next one of its stratum, with a written reason; returns the file that records it."""
    if not reason.strip():
        raise SamplingError("a replacement needs a reason in writing (--reason)")
    drawn = json.loads(file.read_text(encoding="utf-8"))
    made = replacements(file)
    standing = {item["key"]: item["stratum"] for item in drawn["sample"]}
    for line in made:
        standing[line["replaced_by"]["key"]] = standing.pop(line["replaced"])
    if key not in standing:
        raise SamplingError(f"{key!r} is not in the sample {file.name}, or was replaced already")
    stratum = standing[key]
    used = {line["replaced_by"]["key"] for line in made}
    reserve = [spare for spare in drawn["reserve"][stratum] if spare not in used]
    if not reserve:
        raise SamplingError(f"the whole stratum {stratum} is in the sample: nothing is left to replace {key!r} by")
    spare = reserve[0]
    at = sampling.rank(
        drawn["seed"], drawn["control_id"], *source.window, drawn["population"]["population_hash"], spare
    )
    content = {
        "draw": file.name,
        "draw_sha256": file_sha256(file),
        "replaced": key,
        "reason": reason,
        "replaced_at": now,
        "replaced_by": {"stratum": stratum, "key": spare, "rank": at}
        | evidence(source, {spare: None}, dict(_sealed(settings, source)))[spare],
    }
    target = file.with_name(f"{file.stem}-replaced-{len(made) + 1:02d}.json")
    create(settings, target, content)
    return target


def replacements(file: Path) -> list[dict[str, Any]]:
    """What was replaced in a draw, in the order it happened."""
    return [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(file.parent.glob(f"{file.stem}-replaced-*"))
    ]


def newest_draw(source: Frozen, seed: str | None) -> Path:
    """The newest draw of a frozen version, or of one seed. Raises SamplingError when there is none."""
    files = sorted(source.file.parent.glob(f"draw-v{source.content['version']}-[0-9][0-9].json"), reverse=True)
    for file in files:
        if seed is None or json.loads(file.read_text(encoding="utf-8"))["seed"] == seed:
            return file
    raise SamplingError(f"nothing is drawn from {source.file.name}" + (f" with the seed {seed!r}" if seed else ""))


def moment(text: str) -> datetime:
    """A point in time, UTC unless it says otherwise. Raises SamplingError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SamplingError(f"{text!r} is no time: write it such as 2026-07-15T09:30:00Z") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)

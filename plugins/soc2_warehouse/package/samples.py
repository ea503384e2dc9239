"""Samples that were drawn for the window: copied, checked against the population they were drawn from, and told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from soc2_warehouse.evidence import freezing
from soc2_warehouse.evidence.populations import file_sha256
from soc2_warehouse.evidence.samples import replacements
from soc2_warehouse.evidence.sampling import SamplingError
from soc2_warehouse.package import Refused
from soc2_warehouse.package.results import Result
from soc2_warehouse.package.window import Window
from soc2_warehouse.settings import Settings


def write(settings: Settings, window: Window, results: Iterable[Result], folder: Path) -> int:
    """Copy the draws of the window's controls, and what they were drawn from; sets ``Result.samples``.

    Returns the number of draws. Raises Refused when one does not belong to its frozen population any more.
    """
    count = 0
    for result in results:
        for place in _places(settings, window, result.id):
            target = folder / result.id / place.name
            target.mkdir(parents=True, exist_ok=True)
            for file in sorted(place.glob("*.json")):
                shutil.copyfile(file, target / file.name)
            result.samples += _draws(settings, result.id, place)
        count += len(result.samples)
    return count


def _places(settings: Settings, window: Window, control_id: str) -> Iterator[Path]:
    """Folders of windows that lie within the window."""
    for place in sorted((settings.home / "samples" / control_id).glob("*_*")):
        start, _, end = place.name.partition("_")
        if window.first <= date.fromisoformat(start) and date.fromisoformat(end) <= window.last:
            yield place


def _draws(settings: Settings, control_id: str, place: Path) -> Iterator[dict[str, Any]]:
    start, _, end = place.name.partition("_")
    for file in sorted(place.glob("draw-v*-[0-9][0-9].json")):
        draw = json.loads(file.read_text(encoding="utf-8"))
        try:
            frozen = freezing.frozen(
                settings, control_id, date.fromisoformat(start), date.fromisoformat(end), draw["population"]["version"]
            )
        except SamplingError as problem:
            raise Refused(f"samples/{control_id}/{place.name}: {problem}") from None
        if file_sha256(frozen.file) != draw["population"]["sha256"]:
            raise Refused(f"samples/{control_id}/{place.name}/{file.name} was drawn from another {frozen.file.name}")
        made = replacements(file)
        yield draw | {
            "file": f"samples/{control_id}/{place.name}/{file.name}",
            "replacements": made,
            "items": [*_items(draw["sample"], made)],
        }


def _items(sample: list[dict[str, Any]], made: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows that are looked at: those drawn, then what came in the place of one."""
    replaced = {line["replaced"]: line["reason"] for line in made}
    for item in [*sample, *(line["replaced_by"] for line in made)]:
        row = item.get("row") or {}
        yield {
            "key": item["key"],
            "stratum": item["stratum"],
            "rank": item["rank"],
            "day": item["day"],
            "result": row.get("result") or item.get("run", {}).get("status", ""),
            "reason": row.get("reason") or "",
            "replaced": replaced.get(item["key"], ""),
        }

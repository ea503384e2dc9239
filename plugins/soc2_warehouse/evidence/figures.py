"""Parameters of one version of the code, said as overrides of another's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from soc2_warehouse.judgements import Record
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt, selected
from soc2_warehouse.settings import Settings

Parameters = dict[str, dict[str, Any]]


def figures(settings: Settings, meant: Path, record: Record | None, used: Path) -> Parameters:
    """What the work tree ``used`` must be told so that it judges by the figures of the work tree ``meant``, with the
    register `parameters` as ``record`` knew it (None: its newest version). What ``used`` does not know is left out.
    """
    values = {control: dict(found) for control, found in defaults(meant).items()}
    for control, found in overrides(settings, record).items():
        values.setdefault(control, {}).update(found)
    told: Parameters = {}
    for control, own in defaults(used).items():
        for name, default in own.items():
            value = values.get(control, {}).get(name, default)
            if value != default:
                told.setdefault(control, {})[name] = value
    return told


def defaults(root: Path) -> Parameters:
    """Values of the controls' YAML in a work tree: control → parameter → value."""
    found: Parameters = {}
    for path in sorted((root / "dbt_project" / "models" / "controls").rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            meta = model.get("config", {}).get("meta", {})
            if "id" in meta:
                found[meta["id"]] = {name: spec["value"] for name, spec in meta.get("parameters", {}).items()}
    return found


def overrides(settings: Settings, record: Record | None) -> Parameters:
    """The register `parameters` as that judgement knew it, or its newest version."""
    landing = Landing(settings.landing_url)
    uris = [uri for uri in landing.list("_receipts") if "/registers.parameters/" in uri]
    receipts = [Receipt.from_json(landing.read(uri)) for uri in uris]
    day, until = (record.logical_date, record.known_until) if record else (date.max, None)
    chosen = sorted(selected(receipts, day, until).items(), key=lambda item: item[0][1])
    found: Parameters = {}
    if chosen and (uri := chosen[-1][1].object_uri):
        for envelope in landing.envelopes(uri):
            if envelope.error is None:
                line = envelope.record
                found.setdefault(line["control_id"], {})[line["name"]] = line["value"]
    return found

"""The committed bundle is what the designs say, and nothing in it stands alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from soc2_warehouse.settings import PROJECT

FOLDER = PROJECT / "dashboards" / "superset"
BUNDLE = FOLDER / "bundle"
TITLES = "Posture, Window, Access, Change, Encryption, Logging and alerts, Incidents, Vendors, Auditor"


def documents(kind: str) -> list[dict[str, Any]]:
    found = [yaml.safe_load(path.read_text()) for path in sorted((BUNDLE / kind).rglob("*.yaml"))]
    assert found
    return found


def test_the_bundle_is_what_the_designs_say(tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "bundle.py", tmp_path], check=True)

    def files(folder: Path) -> dict[str, str]:
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.yaml")}

    assert files(tmp_path) == files(BUNDLE), "run: .venv/bin/python dashboards/superset/bundle.py"


def test_there_are_nine_dashboards_and_every_chart_stands_on_one() -> None:
    dashboards = documents("dashboards")
    assert {one["dashboard_title"] for one in dashboards} == set(TITLES.split(", "))
    places = [place for one in dashboards for place in one["position"].values() if isinstance(place, dict)]
    placed = [place["meta"]["uuid"] for place in places if place["type"] == "CHART"]
    assert sorted(placed) == sorted(one["uuid"] for one in documents("charts"))
    assert len(placed) > 9 * 6


def test_every_dataset_is_used_and_is_there() -> None:
    used = {one["dataset_uuid"] for one in documents("charts")}
    assert used == {one["uuid"] for one in documents("datasets")}
    assert {one["database_uuid"] for one in documents("datasets")} == {one["uuid"] for one in documents("databases")}


def test_the_lock_names_no_address_and_every_hash() -> None:
    lock = (FOLDER / "requirements.lock").read_text()
    assert "://" not in lock and "--index" not in lock
    packages = [line for line in lock.splitlines() if "==" in line]
    assert packages
    assert all(line.endswith("\\") for line in packages)

"""Homes that tests of the package may change."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from soc2_warehouse import ledger
from soc2_warehouse.settings import Settings, from_environment

#: What a package does not need.
LEFT_OUT = ("build", "quality", "airflow", "logs", "packages")
SAMPLED, SEED = "CM-03", "AUDITOR-SEED-7"


def copied(settings: Settings, target: Path) -> Settings:
    """A copy of a home that may be changed."""
    shutil.copytree(settings.home, target, ignore=lambda folder, names: [n for n in names if n in LEFT_OUT])
    return from_environment({"SOC2_HOME": str(target)})


def window(settings: Settings) -> tuple[date, date]:
    """First and last judged day."""
    days = [run.day for run in ledger.runs(settings.ledger)]
    return min(days), max(days)

"""What all tests share: a home of their own, no real connection, and a last line that counts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from soc2_warehouse import settings as settings_module
from soc2_warehouse.settings import Settings, from_environment

# Set when this file is imported, before any test module: settings and Airflow read the environment once.
for name in [name for name in os.environ if name.startswith(("AIRFLOW", "SOC2_"))]:
    del os.environ[name]
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
SESSION_HOME = Path(tempfile.mkdtemp(prefix="soc2-tests-"))
os.environ["SOC2_HOME"] = str(SESSION_HOME)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of an empty home, which the code under test sees too."""
    monkeypatch.setenv("SOC2_HOME", str(tmp_path / "home"))
    settings_module.settings.cache_clear()
    yield from_environment()
    settings_module.settings.cache_clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that play whole nights first, the longest before all: one of them left to the end keeps a single worker
    busy for minutes while the other has nothing to do.
    """

    def minutes(item: pytest.Item) -> float:
        marker = item.get_closest_marker("slow")
        return 0 if marker is None else float(marker.kwargs.get("minutes", 1))

    items.sort(key=minutes, reverse=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(SESSION_HOME, ignore_errors=True)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    stats = reporter.stats
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    skipped = f", {len(stats['skipped'])} skipped" if stats.get("skipped") else ""
    print(f"{len(stats.get('passed', []))} passed, {failed} failed{skipped}")

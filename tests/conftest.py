"""What all tests share: a home of their own, no real connection, and a last line that counts."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soc2_warehouse import settings as settings_module
from soc2_warehouse.settings import PROJECT, Settings, from_environment

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


@pytest.fixture(scope="module")
def own_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home of its own, and a copy of the dbt project in which a control can be changed."""
    place = tmp_path_factory.mktemp("own")
    project = place / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOC2_HOME", str(place / "home"))
        patch.setattr(Settings, "dbt_project", property(lambda self: project))
        settings_module.settings.cache_clear()
        yield from_environment()
    settings_module.settings.cache_clear()


#: Nights of the sandbox company that the tests share.
PLAYED = 2


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home with the first two nights of the sandbox company. Whoever writes takes a copy.

    A night takes a minute: whichever process needs them first plays them, the others wait for it. TEST_PLAYED names a
    folder in which they stay, for those who run the same tests again and again; empty it when models have changed.
    """
    base = tmp_path_factory.getbasetemp()
    home = Path(os.environ.get("TEST_PLAYED") or (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base))
    home = home.absolute() / "played"
    home.parent.mkdir(parents=True, exist_ok=True)
    settings = from_environment({"SOC2_HOME": str(home)})
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".played").exists():
            command = [sys.executable, "-m", "soc2_warehouse.cli", "simulate", "--nights", str(PLAYED)]
            environment = {**os.environ, "SOC2_HOME": str(home), "PYTHONPATH": str(PROJECT / "plugins")}
            told = subprocess.run(command, env=environment, capture_output=True, text=True)
            assert told.returncode == 0, told.stdout + told.stderr
            (home / ".played").touch()
    return settings


CHROMIUM = shutil.which("chromium")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[[], Any]]:
    """``launch()`` starts a headless Chromium of one's own. Skipped where there is none, except on CI: there it fails.

    Playwright can be started only once in a process; browsers are one for each kind of page, so that what one kind
    leaves open does not slow the others.
    """
    if CHROMIUM is None:
        told = "no chromium: nothing was looked at in a browser (Debian: apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda: playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))


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

"""A package of all nights that the tests share, built once, and copies of the home to spoil."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from soc2_warehouse.evidence import freezing, samples
from soc2_warehouse.package import build
from soc2_warehouse.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from package_homes import SAMPLED, SEED, copied, window  # reason: pytest's import mode knows no siblings


@pytest.fixture(scope="session")
def sampled(played: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shared nights, with a sample drawn for their window."""
    home = copied(played, tmp_path_factory.mktemp("package") / "home")
    frozen = freezing.freeze(home, SAMPLED, *window(home), datetime.now(UTC))
    samples.draw(home, frozen, samples.Wish(SEED, datetime.now(UTC)), datetime.now(UTC))
    return home


@pytest.fixture(scope="session")
def made(sampled: Settings) -> build.Made:
    return build.make(sampled, *window(sampled))


@pytest.fixture(scope="session")
def published(sampled: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, to compare with."""
    with duckdb.connect(str(sampled.published_file), read_only=True) as connection:
        yield connection


@pytest.fixture
def spoiled(sampled: Settings, tmp_path: Path) -> Settings:
    """A home of the test's own."""
    return copied(sampled, tmp_path / "home")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """``command(settings, *arguments)`` runs ``soc2 package``: exit status and everything it printed."""
    from typer.testing import CliRunner

    from soc2_warehouse import settings as settings_module
    from soc2_warehouse.cli import app

    def run(settings: Settings, *arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("SOC2_HOME", str(settings.home))
        settings_module.settings.cache_clear()
        try:
            done = CliRunner().invoke(app, ["package", *arguments])
        finally:
            settings_module.settings.cache_clear()
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return run

"""``soc2 status`` as a person calls it."""

from __future__ import annotations

import duckdb
import pytest
from typer.testing import CliRunner

from soc2_warehouse import settings as settings_module
from soc2_warehouse.cli import app
from soc2_warehouse.settings import Settings

ESCAPE = "\x1b["


@pytest.fixture
def shown(played: Settings, monkeypatch: pytest.MonkeyPatch):
    """What a call prints, and its exit status."""
    monkeypatch.setenv("SOC2_HOME", str(played.home))
    settings_module.settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(app, ["status", *arguments])
    settings_module.settings.cache_clear()


def test_it_counts_what_the_published_file_says(shown, played: Settings) -> None:
    with duckdb.connect(str(played.published_file), read_only=True) as published:
        counts = dict(
            published.execute(
                "select status, count(*) from fct_control_run where is_current and logical_date = date '2026-07-02' "
                "and reason is distinct from 'OUT_OF_SCOPE' group by status"
            ).fetchall()
        )
        changed = published.execute(
            "select count(*) from fct_exception_event where logical_date = date '2026-07-02' "
            "and to_state = 'remediated'"
        ).fetchone()
    assert counts["fail"] > 10 and changed is not None and changed[0] > 0
    told = shown("--no-color").stdout
    assert "Judged for 2026-07-02" in told and ESCAPE not in told
    total = sum(counts.values())
    assert f"Readiness {100 * counts.get('pass', 0) // total} %" in told
    assert f" {counts['fail']} ✗ fail" in told and f"of {total} controls in scope" in told
    assert f"{changed[0]} exceptions" in told and "Changed since 2026-07-01" in told


def test_the_filters_choose(shown) -> None:
    told = shown("--no-color", "--control", "AC", "--verdict", "fail").stdout
    listed = told[told.rindex("Controls\n") :] if "Controls\n" in told else told
    assert "AC-01" in listed and "CM-01" not in listed and "EN-01" not in listed


def test_colours_survive_a_pipe_and_say_nothing_alone(shown, monkeypatch: pytest.MonkeyPatch) -> None:
    told = shown().stdout
    assert ESCAPE in told and "✗ fail" in told
    monkeypatch.setenv("NO_COLOR", "1")
    assert f"{ESCAPE}1;31m" not in shown().stdout


def test_nothing_published_is_said_and_not_shown_as_ready(home: Settings) -> None:
    told = CliRunner().invoke(app, ["status"])
    assert told.exit_code == 1 and "nothing was published" in told.output and "Readiness" not in told.output

"""The parsed project is kept for other processes: theirs is the same project, and nothing else is ever used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soc2_warehouse import transform
from soc2_warehouse.settings import PROJECT, Settings, from_environment

MODEL = "select 1 as one"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home and a small dbt project beside the real one's profile and macros."""
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project" / "macros", project / "macros")
    for name in ("dbt_project.yml", "profiles.yml", "selectors.yml"):
        shutil.copy(PROJECT / "dbt_project" / name, project / name)
    (project / "models" / "staging").mkdir(parents=True)
    (project / "models" / "staging" / "stg_one.sql").write_text(MODEL)
    monkeypatch.setattr(Settings, "dbt_project", property(lambda self: project))
    yield from_environment({"SOC2_HOME": str(tmp_path / "home")})


@pytest.fixture
def process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[Any, bool]]:
    """``process()`` reads the project as a new process does: the manifest, and whether dbt parsed it."""

    def begin() -> tuple[Any, bool]:
        asked: list[Any] = []
        real = transform.dbt
        with monkeypatch.context() as patch:
            patch.setattr(transform, "_parsed", transform._Parsed())
            patch.setattr(transform, "dbt", lambda *given: asked.append(given) or real(*given))
            run, _ = transform.parse(settings)
        assert run.success, run.error
        return run.manifest, bool(asked)

    return begin


def kept(settings: Settings) -> list[Path]:
    return sorted((settings.dbt_project / "target" / "parsed").iterdir())


def test_another_process_and_another_home_read_what_was_parsed(
    settings: Settings, process: Callable[[], tuple[Any, bool]], tmp_path: Path
) -> None:
    first, parsed = process()
    assert parsed
    shutil.rmtree(settings.home)
    again, parsed = process()
    assert not parsed
    assert again.nodes.keys() == first.nodes.keys() and "model.soc2_warehouse.stg_one" in again.nodes
    assert again.flat_graph["nodes"].keys() == first.flat_graph["nodes"].keys()
    # Where dbt would have written it, controls are read from it.
    assert json.loads((settings.dbt_target / "manifest.json").read_text())["nodes"].keys() == first.nodes.keys()


def test_a_project_that_is_kept_is_built(settings: Settings, process: Callable[[], tuple[Any, bool]]) -> None:
    process()
    again, parsed = process()
    assert not parsed
    settings.build_file.parent.mkdir(parents=True, exist_ok=True)
    told = transform.dbt(settings, ["--quiet", "compile"], {"parameters": {}}, again)
    assert told.success and [node.name for node in told.nodes] == ["stg_one"]


@pytest.mark.parametrize("file", ["models/staging/stg_one.sql", "macros/time.sql", "dbt_project.yml"])
def test_an_edited_file_is_parsed(settings: Settings, process: Callable[[], tuple[Any, bool]], file: str) -> None:
    process()
    path = settings.dbt_project / file
    path.write_text(path.read_text() + "\n")
    assert process()[1]
    assert not process()[1]


def test_damaged_files_are_parsed_again(settings: Settings, process: Callable[[], tuple[Any, bool]]) -> None:
    process()
    for path in kept(settings):
        path.write_bytes(path.read_bytes()[:100])
    manifest, parsed = process()
    assert parsed and "model.soc2_warehouse.stg_one" in manifest.nodes
    assert not process()[1]


def test_old_ones_go(settings: Settings, process: Callable[[], tuple[Any, bool]]) -> None:
    model = settings.dbt_project / "models" / "staging" / "stg_one.sql"
    for number in range(8):
        model.write_text(f"select {number} as one")
        assert process()[1]
    assert len(kept(settings)) == 12
    assert not process()[1]


def test_a_folder_that_cannot_be_written_stops_nothing(
    settings: Settings, process: Callable[[], tuple[Any, bool]]
) -> None:
    (settings.dbt_project / "target").write_text("in the way")
    assert process()[1]
    assert process()[1]

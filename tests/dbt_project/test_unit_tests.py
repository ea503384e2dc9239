"""dbt's unit tests, one test here for each: a planted violation per code, its near miss, and the unknown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import yaml

from soc2_warehouse import judge, transform, warehouse
from soc2_warehouse.settings import PROJECT, Settings, from_environment
from soc2_warehouse.transform import DbtRun, NodeResult

MODELS = PROJECT / "dbt_project" / "models"


def declared() -> list[str]:
    """Names of the unit tests, from the YAML files beside the models."""
    documents = (yaml.safe_load(path.read_text()) or {} for path in sorted(MODELS.rglob("*.yml")))
    return sorted(test["name"] for document in documents for test in document.get("unit_tests") or [])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An empty warehouse with every raw table: dbt asks the database for the columns of what a unit test feeds."""
    settings = from_environment({"SOC2_HOME": str(tmp_path_factory.mktemp("dbt"))})
    warehouse.load(settings, date(2026, 7, 1))
    judge.prepare(settings)
    yield settings


@pytest.fixture(scope="module")
def variables(home: Settings) -> dict[str, Any]:
    return {"controls": transform.control_meta(home)}


@pytest.fixture(scope="module")
def manifest(home: Settings, variables: dict[str, Any]) -> Any:
    return transform.read_project(home, variables).manifest


@pytest.fixture(scope="module")
def built(home: Settings, variables: dict[str, Any], manifest: Any) -> DbtRun:
    types = ("--resource-type", "model", "--resource-type", "seed")
    return transform.dbt(home, ["--quiet", "build", "--empty", *types], variables, manifest)


@pytest.fixture(scope="module")
def tested(home: Settings, variables: dict[str, Any], manifest: Any, built: DbtRun) -> dict[str, NodeResult]:
    run = transform.dbt(home, ["--quiet", "test", "--select", "test_type:unit"], variables, manifest)
    assert not run.error, run.error
    return {node.unique_id.split(".")[-1]: node for node in run.nodes}


def test_every_model_builds_on_an_empty_warehouse(built: DbtRun) -> None:
    assert not built.error, built.error
    assert len(built.nodes) > 50
    assert [f"{node.name}: {node.message}" for node in built.nodes if not node.ok] == []


def test_names_are_unique() -> None:
    names = declared()
    assert names
    assert sorted(set(names)) == names


@pytest.mark.parametrize("name", sorted(set(declared())))
def test_unit(name: str, tested: dict[str, NodeResult]) -> None:
    assert name in tested, "dbt did not run it"
    assert tested[name].ok, tested[name].message


def test_nothing_else_was_run(tested: dict[str, NodeResult]) -> None:
    assert set(tested) == set(declared())

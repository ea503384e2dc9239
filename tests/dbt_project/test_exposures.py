"""Who reads the marts says so: every page inside Airflow and every Superset dashboard is an exposure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from soc2_warehouse import transform
from soc2_warehouse.settings import PROJECT, from_environment

PAGES = PROJECT / "plugins" / "soc2_warehouse" / "dashboard" / "pages"
SUPERSET = PROJECT / "dashboards" / "superset"
pytestmark = pytest.mark.slow(minutes=0.3)
EXPOSURES = yaml.safe_load((PROJECT / "dbt_project" / "models" / "exposures.yml").read_text())["exposures"]


def reads(exposure: dict[str, Any]) -> set[str]:
    return {re.search(r"ref\('(\w+)'\)", one)[1] for one in exposure["depends_on"]}


def of(path: Path) -> dict[str, Any]:
    name = str(path.relative_to(PROJECT))
    found = [one for one in EXPOSURES if one["config"]["meta"]["file"] == name]
    assert len(found) == 1, f"{name} wants one entry in dbt_project/models/exposures.yml, it has {len(found)}"
    return found[0]


def pages() -> list[Path]:
    found = [path for path in sorted(PAGES.glob("*.py")) if path.stem != "__init__"]
    assert found
    return found


def dashboards() -> list[Path]:
    found = [path for path in sorted((SUPERSET / "design").glob("*.yml")) if not path.stem.startswith("_")]
    assert found
    return found


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The project as dbt reads it: it refuses a reference to no model and a semantic layer that does not fit."""
    home = from_environment({"SOC2_HOME": str(tmp_path_factory.mktemp("dbt"))})
    run = transform.read_project(home, {"parameters": {}})
    assert run.success, run.error
    return run.manifest


def test_every_exposure_is_of_a_file_that_is_there() -> None:
    files = [one["config"]["meta"]["file"] for one in EXPOSURES]
    assert sorted(files) == sorted(str(path.relative_to(PROJECT)) for path in pages() + dashboards())


def with_what_it_imports(page: Path) -> str:
    """Text of a page and of the modules beside ``pages/`` that it takes its SQL from."""
    text = page.read_text()
    named = re.findall(r"^from soc2_warehouse\.dashboard(?:\.(\w+))? import \(?([\w, \n]+)", text, re.MULTILINE)
    names = {name for module, given in named for name in ([module] if module else re.findall(r"\w+", given))}
    return text + "".join(path.read_text() for path in PAGES.parent.glob("*.py") if path.stem in names)


@pytest.mark.parametrize("page", pages(), ids=lambda path: path.stem)
def test_a_page_names_the_tables_it_reads(page: Path) -> None:
    models = {path.stem for path in (PROJECT / "dbt_project" / "models").rglob("*.sql")}
    tables = set(re.findall(r"\b(?:dim|fct|bridge|meta)_\w+", with_what_it_imports(page))) & models
    assert tables <= reads(of(page)), f"missing in exposures.yml: {sorted(tables - reads(of(page)))}"


@pytest.mark.parametrize("design", dashboards(), ids=lambda path: path.stem)
def test_a_dashboard_names_the_datasets_of_its_charts(design: Path) -> None:
    datasets = [yaml.safe_load(path.read_text()) for path in SUPERSET.glob("bundle/datasets/*.yaml")]
    tables = {one["uuid"]: one["table_name"] for one in datasets}
    charts = [
        yaml.safe_load(path.read_text()) for path in (SUPERSET / "bundle" / "charts" / design.stem).glob("*.yaml")
    ]
    assert charts
    assert {tables[one["dataset_uuid"]] for one in charts} == reads(of(design))


def test_every_dataset_is_read_by_an_exposure() -> None:
    datasets = {path.stem for path in SUPERSET.glob("bundle/datasets/*.yaml")}
    assert datasets
    assert datasets <= set().union(*(reads(one) for one in EXPOSURES))


def test_dbt_knows_exposures_and_metrics(manifest: Any) -> None:
    known = {node.name: set(node.depends_on.nodes) for node in manifest.exposures.values()}
    assert known == {one["name"]: {f"model.soc2_warehouse.{name}" for name in reads(one)} for one in EXPOSURES}
    assert {"readiness", "controls_failing", "exceptions_open", "exceptions_overdue", "coverage"} <= {
        metric.name for metric in manifest.metrics.values()
    }
    published = {node.name for node in manifest.nodes.values() if "publish" in node.tags}
    assert {model.node_relation.alias for model in manifest.semantic_models.values()} <= published

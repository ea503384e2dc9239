"""The dashboards as code: the bundle is what the designs say, Superset takes it, every chart answers and is drawn."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
import yaml

from soc2_warehouse.settings import PROJECT

pytestmark = pytest.mark.slow(minutes=2)

FOLDER = PROJECT / "dashboards" / "superset"
BUNDLE = FOLDER / "bundle"


@cache
def documents(kind: str) -> list[dict[str, Any]]:
    found = [yaml.safe_load(path.read_text()) for path in sorted((BUNDLE / kind).rglob("*.yaml"))]
    assert found
    return found


def charts_of(dashboard: dict[str, Any]) -> list[str]:
    return [
        one["meta"]["uuid"]
        for one in dashboard["position"].values()
        if isinstance(one, dict) and one["type"] == "CHART"
    ]


DASHBOARDS = documents("dashboards")


@pytest.fixture(scope="module")
def answers(superset: Any) -> dict[str, dict[str, Any]]:
    """What Superset answers to every chart's saved query, by the chart's uuid."""
    names = {one["uuid"]: one["slice_name"] for one in documents("charts")}
    found = {}
    for dashboard in DASHBOARDS:
        listed = {one["slice_name"]: one for one in superset.get(f"dashboard/{dashboard['slug']}/charts")["result"]}
        for uuid in charts_of(dashboard):
            chart = listed[names[uuid]]
            answer = superset.get(f"chart/{chart['id']}/data/")["result"][0]
            found[uuid] = answer | {
                "id": chart["id"],
                "name": chart["slice_name"],
                "kind": chart["form_data"]["viz_type"],
            }
    return found


@pytest.fixture(scope="module")
def warehouse(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """DuckDB on the same night, in a file of its own: one test swaps the published one."""
    copy = tmp_path_factory.mktemp("direct") / "warehouse.duckdb"
    shutil.copyfile(published, copy)
    with duckdb.connect(str(copy), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("missing", ["SUPERSET_SECRET_KEY", "SUPERSET_HOME", "SOC2_PUBLISHED_FILE"])
def test_superset_does_not_start_without(
    missing: str, superset_python: Path, superset_variables: dict[str, str]
) -> None:
    variables = {name: value for name, value in superset_variables.items() if name != missing}
    code = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import superset_config"
    told = subprocess.run([superset_python, "-c", code], env=variables, capture_output=True, text=True)
    assert told.returncode != 0
    assert f"{missing} is not set" in told.stderr


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["slug"])
def test_a_dashboard_has_its_charts(superset: Any, dashboard: dict[str, Any]) -> None:
    names = {one["uuid"]: one["slice_name"] for one in documents("charts")}
    found = superset.get(f"dashboard/{dashboard['slug']}/charts")["result"]
    assert sorted(one["slice_name"] for one in found) == sorted(names[uuid] for uuid in charts_of(dashboard))


def test_datasets_have_the_columns_of_the_published_tables(warehouse: Any) -> None:
    for dataset in documents("datasets"):
        told = warehouse.execute(f'describe "{dataset["table_name"]}"').fetchall()
        columns = {one["column_name"]: one["type"] for one in dataset["columns"]}
        assert columns == {row[0]: row[1] for row in told}, dataset["table_name"]


def test_every_chart_answers(answers: dict[str, dict[str, Any]]) -> None:
    assert set(answers) == {one["uuid"] for one in documents("charts")}
    assert {one["name"]: one["error"] for one in answers.values() if one["status"] != "success" or one["error"]} == {}
    assert sum(one["rowcount"] > 0 for one in answers.values()) > len(answers) / 2


#: (dashboard, chart, what DuckDB says)
COMPARED = [
    (
        "Posture",
        "Readiness",
        "select avg((status = 'pass')::int) from {newest} and coalesce(reason, '') <> 'OUT_OF_SCOPE'",
    ),
    ("Posture", "Failing", "select count(*) from {newest} and status = 'fail'"),
    ("Posture", "Passing", "select count(*) from {newest} and status = 'pass'"),
    ("Posture", "Exceptions", "select count(*) from fct_exception where state = 'open'"),
    (
        "Posture",
        "Overdue",
        "select count(*) from fct_exception where state = 'open' and due_at < (select max(as_of) from fct_control_run)",
    ),
    ("Access", "Controls", "select count(*) from {newest} and control_id like 'AC-%'"),
    ("Change", "Exceptions", "select count(*) from fct_exception where state = 'open' and control_id like 'CM-%'"),
    ("Window", "Coverage", "select avg(covered::int) from fct_coverage_day"),
    ("Window", "Units expected", "select count(*) from fct_coverage_day"),
    ("Auditor", "Population", "select sum(population_count) from {newest}"),
]
NEWEST = (
    "fct_control_run where is_current "
    "and logical_date = (select max(logical_date) from fct_control_run where is_current)"
)


@pytest.mark.parametrize(("dashboard", "chart", "sql"), COMPARED, ids=[f"{one[0]}-{one[1]}" for one in COMPARED])
def test_a_chart_says_what_duckdb_says(
    answers: dict[str, dict[str, Any]], warehouse: Any, dashboard: str, chart: str, sql: str
) -> None:
    place = next(one for one in DASHBOARDS if one["dashboard_title"] == dashboard)
    answer = next(answers[uuid] for uuid in charts_of(place) if answers[uuid]["name"] == chart)
    (value,) = answer["data"][0].values()
    (expected,) = warehouse.execute(sql.format(newest=NEWEST)).fetchone()
    assert value == pytest.approx(expected)


def test_lists_keep_every_row(answers: dict[str, dict[str, Any]], warehouse: Any) -> None:
    place = next(one for one in DASHBOARDS if one["dashboard_title"] == "Posture")
    answer = next(answers[uuid] for uuid in charts_of(place) if answers[uuid]["name"] == "Next due")
    (expected,) = warehouse.execute("select count(*) from fct_exception where state = 'open'").fetchone()
    assert answer["rowcount"] == min(expected, 1000) > 0


def test_an_area_without_controls_is_empty_not_green(answers: dict[str, dict[str, Any]], warehouse: Any) -> None:
    place = next(one for one in DASHBOARDS if one["dashboard_title"] == "Incidents")
    shown = {answers[uuid]["name"]: answers[uuid] for uuid in charts_of(place)}
    (controls,) = warehouse.execute(f"select count(*) from {NEWEST} and control_id like 'IR-%'").fetchone()
    assert shown["Controls"]["data"] == [{"controls": controls}]
    assert shown["Verdicts of the newest day"]["rowcount"] == controls
    if not controls:
        assert shown["Readiness"]["data"] == [{"readiness": None}]


def test_metrics_are_those_of_the_semantic_layer(superset: Any, warehouse: Any) -> None:
    """Each metric as Superset computes it against its definition, read here in the plainest way: rows that fulfil the
    filter, aggregated.
    """
    document = yaml.safe_load((PROJECT / "dbt_project/models/marts/_semantic.yml").read_text())
    models = {one["name"]: one for one in document["semantic_models"]}
    measures = {one["name"]: (model, one) for model in models.values() for one in model["measures"]}
    defined: dict[str, tuple[str, float | None]] = {}
    for metric in sorted(document["metrics"], key=lambda one: one["type"] == "ratio"):
        inputs = metric["type_params"]
        if metric["type"] == "ratio":
            table, above = defined[inputs["numerator"]]
            below = defined[inputs["denominator"]][1]
            defined[metric["name"]] = table, above / below if below else None
            continue
        model, measure = measures[inputs["measure"]]
        table = re.search(r"\w+", model["model"].removeprefix("ref("))[0]
        condition = re.sub(r"\{\{ Dimension\('\w+?__(\w+)'\) \}\}", r"\1", metric.get("filter", "true"))
        sql = f"select {measure['agg']}({measure['expr']}) from {table} where {condition}"
        defined[metric["name"]] = table, warehouse.execute(sql).fetchone()[0]
    assert len(defined) >= 15
    listed = superset.get("dataset/", params={"q": "(page_size:500)"})["result"]
    datasets = {one["table_name"]: one["id"] for one in listed}
    for table in {table for table, _ in defined.values()}:
        names = [name for name, (where, _) in defined.items() if where == table]
        query = {"metrics": names, "columns": []}
        asked = {"datasource": {"id": datasets[table], "type": "table"}, "queries": [query]}
        told = superset.post("chart/data", json=asked)
        assert told.status_code == 200, told.text
        row = told.json()["result"][0]["data"][0]
        assert row == pytest.approx({name: defined[name][1] for name in names})


def test_the_same_bundle_twice_changes_nothing(superset: Any) -> None:
    def counts() -> dict[str, int]:
        return {kind: superset.get(f"{kind}/")["count"] for kind in ("database", "dataset", "chart", "dashboard")}

    before = counts()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for path in BUNDLE.rglob("*.yaml"):
            file.write(path, f"bundle/{path.relative_to(BUNDLE)}")
    told = superset.post("assets/import/", files={"bundle": ("bundle.zip", packed.getvalue(), "application/zip")})
    assert told.status_code == 200, told.text
    assert (
        counts()
        == before
        == {"database": 1, "dataset": len(documents("datasets")), "chart": before["chart"], "dashboard": 9}
    )


@pytest.mark.parametrize(
    "path",
    ["api/v1/chart/", "api/v1/chart/1/data/", "api/v1/dashboard/posture", "api/v1/dataset/1", "api/v1/database/"],
)
def test_anonymous_gets_nothing(superset: Any, path: str) -> None:
    assert requests.get(f"{superset.url}/{path}", timeout=120).status_code in (401, 404)


def test_anonymous_sees_the_login_page(superset: Any) -> None:
    for path in ("superset/dashboard/posture/", "dashboard/list/", "sqllab/", "explore/?slice_id=1"):
        answer = requests.get(f"{superset.url}/{path}", timeout=120, allow_redirects=False)
        assert answer.status_code == 302 and "/login/" in answer.headers["Location"], path


def test_a_reader_needs_the_reader_role(superset: Any) -> None:
    roles = {
        one["name"]: one["id"] for one in superset.get("security/roles/", params={"q": "(page_size:100)"})["result"]
    }
    chart = superset.get("chart/")["result"][0]["id"]
    seen = {}
    for name, given in {"gamma": ["Gamma"], "reader": ["Gamma", "SOC 2 reader"]}.items():
        user = {
            "username": name,
            "first_name": name,
            "last_name": "Test",
            "email": f"{name}@acme.example",
            "active": True,
        }
        user |= {"password": "a-password-of-a-reader", "roles": [roles[role] for role in given]}
        told = superset.post("security/users/", json=user)
        assert told.status_code == 201, told.text
        session = superset.sign_in(name, "a-password-of-a-reader")
        seen[name] = session.get(f"{superset.url}/api/v1/chart/{chart}/data/", timeout=120).status_code
    assert seen == {"gamma": 404, "reader": 200}


@pytest.mark.parametrize(
    "sql",
    [
        "create table more (a int)",
        "delete from fct_exception",
        "select * from read_text('/etc/hostname')",
        "attach '/tmp/other.duckdb'",
        "copy (select 1) to '/tmp/out.csv'",
        "set enable_external_access = true",
    ],
)
def test_sql_can_only_read_the_published_file(superset: Any, sql: str) -> None:
    database = superset.get("database/")["result"][0]["id"]
    told = superset.post("sqllab/execute/", json={"database_id": database, "sql": sql, "runAsync": False})
    assert told.status_code >= 400, told.text
    told = superset.post(
        "sqllab/execute/",
        json={"database_id": database, "sql": "select count(*) as n from fct_exception", "runAsync": False},
    )
    assert told.json()["data"][0]["n"] > 0


def test_the_next_query_reads_the_new_night(superset: Any, answers: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    draft, kept = superset.file.with_name("draft.duckdb"), tmp_path / "kept.duckdb"
    shutil.copyfile(superset.file, draft)
    shutil.copyfile(superset.file, kept)
    with duckdb.connect(str(draft)) as connection:
        connection.execute("update fct_exception_status set is_open = false")
    numbers = [one["id"] for one in answers.values() if one["name"] == "Exceptions"]
    assert numbers
    draft.replace(superset.file)
    try:
        assert [superset.get(f"chart/{one}/data/")["result"][0]["data"][0]["exceptions_open"] for one in numbers] == [
            0 for _ in numbers
        ]
    finally:
        kept.replace(superset.file)


class Drawn:
    """A dashboard in a page of its own. asked: its finished chart queries; elsewhere: addresses of others it asked."""

    COUNTS = """() => [document.querySelectorAll('.dashboard-component-chart-holder').length,
                       document.querySelectorAll('.loading, .ant-spin-spinning').length]"""

    def __init__(self, context: Any, superset: Any, slug: str) -> None:
        self.page = page = context.new_page()
        self.asked, self.elsewhere = list[Any](), list[str]()
        self.waiting, self.said = set[str](), list[str]()
        self.log = superset.log
        own = (superset.url, "data:", "blob:")
        page.on("request", lambda one: None if one.url.startswith(own) else self.elsewhere.append(one.url))
        page.on("request", lambda one: self.waiting.add(one.url))
        page.on("requestfinished", lambda one: self.waiting.discard(one.url))
        page.on("requestfinished", lambda one: self.asked.append(one) if "/api/v1/chart/data" in one.url else None)
        page.on("requestfailed", lambda one: self.said.append(f"{one.failure}: {one.url}"))
        page.on("response", lambda one: self.said.append(f"{one.status}: {one.url}") if one.status >= 400 else None)
        page.on("console", lambda one: self.said.append(f"console: {one.text}") if one.type == "error" else None)
        page.on("pageerror", lambda one: self.said.append(f"error: {one}"))
        page.goto(f"{superset.url}/superset/dashboard/{slug}/?standalone=1")

    def stands(self, charts: int, seconds: int) -> bool:
        """Whether all charts stand and none is loading, before so many seconds are over.

        Asked from here and not in the page's frames: a browser that has no time to paint has drawn all the same.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.page.wait_for_timeout(250)
            self.holders, self.loading = self.page.evaluate(self.COUNTS)
            if self.holders >= charts and not self.loading:
                return True
        return False

    def told(self) -> str:
        return (
            f"{self.page.url}: {self.holders} charts, {self.loading} loading\nwaits for {sorted(self.waiting)}\n"
            f"said {self.said[-20:]}\nshows {self.page.evaluate('document.body.innerText')[:500]!r}\n"
            f"{self.log.read_text()[-3000:]}"
        )


@contextmanager
def drawing(browsers: Any, superset: Any, slug: str, charts: int) -> Iterator[Drawn]:
    """The dashboard, drawn. A browser that stalls is not a dashboard that stalls: a second one may try."""
    told = []
    for seconds in (60, 120):
        drawn = Drawn(browsers.context(), superset, slug)
        if drawn.stands(charts, seconds):
            try:
                yield drawn
            finally:
                drawn.page.close()
            return
        told.append(drawn.told())
        browsers.close()
    pytest.fail("\n\n".join(told))


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["slug"])
def test_a_dashboard_is_drawn(
    superset: Any, answers: dict[str, dict[str, Any]], browsers: Any, dashboard: dict[str, Any], tmp_path: Path
) -> None:
    """Every chart is drawn from an answer with as many rows as its saved query has; nothing is asked of anybody else.

    TEST_SCREENSHOTS names a folder that keeps the pictures.
    """
    charts = [answers[uuid] for uuid in charts_of(dashboard)]
    with drawing(browsers, superset, dashboard["slug"], len(charts)) as shown:
        page = shown.page
        page.wait_for_timeout(1000)
        picture = Path(os.environ.get("TEST_SCREENSHOTS") or tmp_path) / f"{dashboard['slug']}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size > 30_000
        text = page.inner_text("body")
        assert [chart["name"] for chart in charts if chart["name"] not in text] == []
        assert page.locator(".ant-alert-error").count() == 0
        assert shown.elsewhere == []
        drawn = {}
        for one in shown.asked:
            told = one.response()
            assert told.status == 200, told.text()
            drawn[one.post_data_json["form_data"].get("slice_id")] = told.json()["result"][0]["rowcount"]
    # Series are pivoted for drawing, so theirs is another number of rows.
    for chart in charts:
        now, saved = drawn[chart["id"]], chart["rowcount"]
        assert now == saved if "timeseries" not in chart["kind"] else bool(now) == bool(saved), chart["name"]

"""Downloads: who may take what; every table of the file as CSV, some as xlsx, with the rows and values of the file."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from html_tables import HOSTILE, published, read

from soc2_warehouse.dashboard.exports import csv_cell

pytestmark = pytest.mark.slow(minutes=0.5)
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def file(pages_home: Path) -> Any:
    with published(pages_home) as connection:
        yield connection


@pytest.fixture
def package(pages_home: Path) -> Iterator[Path]:
    """A package, something else beside it, and a link that leads out of the folder."""
    folder = pages_home / "packages"
    folder.mkdir()
    made = folder / "ENG-2026 & more.zip"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("index.html", "a package")
    (folder / "notes.txt").write_text("no package")
    (pages_home / "outside.zip").write_text("secret")
    (folder / "outside.zip").symlink_to(pages_home / "outside.zip")
    yield made
    for one in (*folder.iterdir(), pages_home / "outside.zip"):
        one.unlink()
    folder.rmdir()


def test_only_the_data_team_and_auditors_take_anything(client: Callable[..., Any], package: Path) -> None:
    for path in (
        "/soc2/downloads",
        "/soc2/downloads/tables/dim_control.csv",
        "/soc2/downloads/tables/dim_control.xlsx",
        f"/soc2/downloads/packages/{package.name}",
    ):
        assert client().get(path).status_code == 401
        assert client("vera").get(path).status_code == 403
        for user in ("ann", "dan"):
            assert client(user).get(path).status_code == 200


def test_every_table_is_listed_and_its_csv_has_its_rows(client: Callable[..., Any], file: Any) -> None:
    tables = dict(file.execute("select table_name, estimated_size from duckdb_tables() where not internal").fetchall())
    assert len(tables) > 40
    page = read(client("ann").get("/soc2/downloads", headers=HTML))
    assert page.tables[0].column("Table") == sorted(tables)
    for table in tables:
        answer = client("ann").get(f"/soc2/downloads/tables/{table}.csv")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv")
        assert f"{table}-2" in answer.headers["content-disposition"]
        rows = list(csv.reader(io.StringIO(answer.text, newline="")))
        expected = file.execute(f'select * from "{table}"').fetchall()
        assert rows[0] == [column[0] for column in file.description]
        assert sorted(rows[1:]) == sorted([csv_cell(value) for value in row] for row in expected), table


@pytest.mark.parametrize("table", ["fct_control_run", "fct_exception", "dim_person", "fct_pull_request"])
def test_an_xlsx_opens_with_the_rows_and_values_of_the_table(client: Callable[..., Any], file: Any, table: str) -> None:
    answer = client("dan").get(f"/soc2/downloads/tables/{table}.xlsx")
    assert answer.status_code == 200 and f"{table}-2" in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True).active
    rows = list(sheet.iter_rows(values_only=True))
    expected = file.execute(f"select * from {table}").fetchall()
    names = [column[0] for column in file.description]
    assert list(rows[0]) == names and len(rows) - 1 == len(expected) > 0
    kinds = [column[0] for column in file.execute(f"select column_type from (describe {table})").fetchall()]
    for place, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        shown = [row[place] for row in rows[1:]]
        told = [row[place] for row in expected]
        if kind in ("VARCHAR", "BIGINT", "INTEGER", "BOOLEAN"):
            assert sorted(map(str, shown)) == sorted(map(str, told)), name
        else:
            assert sum(value is None for value in shown) == sum(value is None for value in told), name


def test_names_are_compared_and_nothing_else_is_reached(client: Callable[..., Any], package: Path) -> None:
    get = client("dan").get
    for name in ("none", "duckdb_settings", "information_schema.tables", "pg_catalog", *HOSTILE[:6]):
        for kind in ("csv", "xlsx"):
            assert get(f"/soc2/downloads/tables/{name}.{kind}").status_code == 404, name
    for name in ("outside.zip", "notes.txt", "..%2Foutside.zip", "%2e%2e%2foutside.zip", "../outside.zip", "none.zip"):
        assert get(f"/soc2/downloads/packages/{name}").status_code == 404, name
    page = read(get("/soc2/downloads", headers=HTML))
    assert [link for link in page.links if "/packages/" in link] == [
        "/soc2/downloads/packages/ENG-2026%20%26%20more.zip"
    ]
    answer = get("/soc2/downloads/packages/ENG-2026%20%26%20more.zip")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).read("index.html") == b"a package"
    found = read(get("/soc2/downloads", params={"text": "checklist"}, headers=HTML)).tables[0]
    assert "fct_checklist_item" in found.column("Table") and len(found.rows) < 5


def test_a_browser_saves_a_table(visit: Callable[..., Any], picture: Callable[..., Path], file: Any) -> None:
    visitor = visit("ann")
    page = visitor.go("/downloads")
    picture(visitor, "downloads")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="dim_control as CSV").click()
    saved = waiting.value
    rows = list(csv.reader(io.StringIO(Path(saved.path()).read_bytes().decode(), newline="")))
    assert len(rows) - 1 == file.execute("select count(*) from dim_control").fetchone()[0]
    assert saved.suggested_filename.startswith("dim_control-") and saved.suggested_filename.endswith(".csv")
    phone = visit("ann", phone=True, dark=True)
    phone.go("/downloads")
    assert phone.overflow == 0

"""The report as people meet it: the page in a browser, the PDF by its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pypdf
import pytest

from soc2_warehouse.package import build, pdf, report, wording

pytestmark = pytest.mark.slow(minutes=1)


@pytest.fixture(scope="module")
def text(made: build.Made) -> str:
    """The PDF's text, white space as one blank."""
    reader = pypdf.PdfReader(made.folder / "report.pdf")
    assert len(reader.pages) > 10
    return plain(" ".join(page.extract_text() for page in reader.pages))


def plain(told: str) -> str:
    return re.sub(r"\s+", " ", told)


@pytest.fixture(scope="module")
def browser(launch: Callable[[], Any]) -> Any:
    with launch() as found:
        yield found


@pytest.fixture
def page(browser: Any) -> Any:
    """A page that may ask for files alone, and says no error."""
    found, asked, errors = browser.new_page(viewport={"width": 1200, "height": 900}), [], []
    found.on("request", lambda request: asked.append(request.url))
    found.on("pageerror", lambda error: errors.append(str(error)))
    found.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield found
    assert asked and all(url.startswith("file:") for url in asked)
    assert errors == []
    found.close()


def test_the_page_shows_what_is_not_tested_first_and_every_control(page: Any, made: build.Made) -> None:
    page.goto((made.folder / "report.html").as_uri())
    heads = page.locator("h2").all_inner_texts()
    assert heads[:4] == ["Summary", "Not tested", "All controls", "Tests and results"]
    content = made.content
    assert page.locator("article").count() == len(content.results) > 50
    shown = page.locator("#not-tested ~ table").first.locator("tr td:first-child").all_inner_texts()
    assert shown == [one.id for one in content.not_tested] and shown
    assert wording.NO_OPINION in page.locator("body").inner_text()
    assert "demo" in page.locator(".notice.demo").first.inner_text()
    words = page.locator("body").inner_text().lower()
    for claim in ("in our opinion", "compliant", "certified", "effective in all"):
        assert not re.search(rf"\b{claim}\b", words), claim


def test_the_page_has_the_numbers_of_the_warehouse(
    page: Any, made: build.Made, published: duckdb.DuckDBPyConnection
) -> None:
    page.goto((made.folder / "report.html").as_uri())
    last = made.content.window.last
    passed, total = published.execute(
        "select count(*) filter (where status = 'pass'), count(*) from fct_control_run "
        "where is_current and logical_date = ? and coalesce(reason, '') <> 'OUT_OF_SCOPE'",
        [last],
    ).fetchall()[0]
    tiles = page.locator(".tiles").inner_text()
    assert f"readiness: {passed} of {total} in scope pass on {last}" in re.sub(r"\s+", " ", tiles)
    control, count = published.execute(
        "select control_id, count(*) from fct_exception group by 1 having count(*) between 5 and 20 order by 1 limit 1"
    ).fetchall()[0]
    article = page.locator(f"article#{control}")
    assert article.locator("table.deviations tr").count() - 1 == count
    population = published.execute(
        "select population_hash from fct_control_run where is_current and logical_date = ? and control_id = ?",
        [last, control],
    ).fetchall()[0][0]
    assert population in article.inner_text()


def test_what_nothing_tests_is_printed(page: Any, made: build.Made, published: duckdb.DuckDBPyConnection) -> None:
    page.goto((made.folder / "report.html").as_uri())
    body = page.locator("body").inner_text()
    untested = published.execute(
        "select row_id from dim_handbook_row where state in ('untested', 'in part')"
    ).fetchall()
    [[total]] = published.execute("select count(*) from dim_handbook_row").fetchall()
    assert f"{len(untested)} of {total} rows." in body and all(row[0] in body for row in untested)
    bare = [one["id"] for one in made.content.criteria if not one["controls"]]
    assert bare and f"Without a control: {', '.join(bare)}." in body
    assert page.locator("#preparation ~ table").first.inner_text().count(" done") >= 1


@pytest.mark.parametrize("name", ["report.html", "index.html"])
def test_the_pages_fit_a_phone_and_paper(page: Any, made: build.Made, name: str) -> None:
    page.goto((made.folder / name).as_uri())
    for width in (390, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, width
    page.emulate_media(media="print")
    assert len(page.pdf(format="A4")) > 10_000


def test_a_hostile_name_stays_a_text(page: Any, made: build.Made, tmp_path: Path) -> None:
    result = made.content.results[0]
    before, result.control = result.control, result.control | {"title": "<img src=x onerror=alert(1)> & more"}
    try:
        (tmp_path / "report.html").write_text(report.html(made.content), encoding="utf-8")
        pdf.write(made.content, tmp_path / "report.pdf")
    finally:
        result.control = before
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator("article h3").first.inner_text().endswith("<img src=x onerror=alert(1)> & more")
    assert page.locator("img").count() == 0
    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    assert any("onerror=alert(1)> & more" in re.sub(r"\s+", " ", sheet.extract_text()) for sheet in reader.pages[:8])


def test_the_pdf_says_what_the_page_says(text: str, made: build.Made) -> None:
    content = made.content
    assert wording.NO_OPINION in text
    assert text.index("Not tested") < text.index("All controls") < text.index("Tests and results")
    for one in content.results:
        assert f"{one.id} · {one.control['title']}" in text
        assert plain(wording.outcome(one)) in text, one.id
    for word, number in content.counts:
        if number:
            assert f"{word} {wording.count(number, 'control')}" in text
    for one in content.decisions:
        assert plain(wording.decided(one)) in text
    assert content.evidence["head"] in text and all(key in text for key in content.evidence["signers"])


def test_the_pdf_has_an_outline_and_no_clock(made: build.Made) -> None:
    reader = pypdf.PdfReader(made.folder / "report.pdf")
    sections = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert sections[:4] == ["Summary", "Not tested", "All controls", "Tests and results"]
    controls = next(entry for entry in reader.outline if isinstance(entry, list))
    assert [entry["/Title"].split(" ")[0] for entry in controls] == [one.id for one in made.content.results]
    assert "2000" in reader.metadata["/CreationDate"], "ReportLab's invariant date"


def test_a_character_without_a_glyph_is_printed_as_its_code() -> None:
    assert pdf.text("Łukasz Ągata Жанна <b>") == "Łukasz Ągata Жанна &lt;b&gt;"
    assert pdf.text("中") == "[U+4E2D]"


def test_days_are_told_by_shape_and_in_words() -> None:
    found = str(report.strip("ppfn-o", "2026-07-01"))
    assert 'aria-label="days from 2026-07-01: 2 pass; 1 fail; 1 not tested; 1 no occurrence; 1 not judged"' in found
    assert found.count("<rect") == 5 and len({*re.findall(r'class="(d.)"', found)}) == 5
    assert len(str(report.strip("pf" * 183, "2026-01-01"))) < 60_000

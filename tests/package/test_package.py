"""The auditor's package: whole, true to the ledger, verifiable by others, the same bytes when built again."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import openpyxl
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from package_homes import SAMPLED, SEED, copied, window
from securesystemslib.dsse import Envelope

from soc2_warehouse import controls, coverage, ledger
from soc2_warehouse.evidence import keys, verify_evidence
from soc2_warehouse.package import Refused, build, oscal, request_list, workbooks
from soc2_warehouse.settings import Settings

pytestmark = pytest.mark.slow(minutes=1.5)


def links(page: Path) -> list[str]:
    """Files that a page points at."""
    found = re.findall(r'href="([^"#]+)', page.read_text(encoding="utf-8"))
    assert found
    return [unquote(link) for link in found]


def test_everything_is_there_and_every_link_leads_to_it(made: build.Made, published: duckdb.DuckDBPyConnection) -> None:
    folder = made.folder
    for page in ("index.html", "report.html"):
        assert [link for link in links(folder / page) if not (folder / link).is_file()] == []
    controls = [row[0] for row in published.execute("select control_id from dim_control order by 1").fetchall()]
    assert len(controls) > 50
    assert sorted(path.stem for path in (folder / "code").iterdir()) == controls
    evaluated = published.execute(
        "select distinct control_id from fct_control_run where is_current and evaluated_ok order by 1"
    ).fetchall()
    assert sorted(path.stem for path in (folder / "ipe").iterdir()) == [row[0] for row in evaluated]
    areas = {control.partition("-")[0] for control in controls}
    assert {path.stem for path in (folder / "workbooks").iterdir()} == areas
    for name in ("report.pdf", "oscal/assessment-results.json", "registers/versions.csv", "verify_evidence.py"):
        assert (folder / name).stat().st_size > 500
    chained = [json.loads(line)["object_uri"] for line in (folder / "ledger/chain.jsonl").open()]
    assert len(chained) > 500 and all((folder / uri).is_file() for uri in chained)


def test_the_zip_is_the_folder_and_lies_where_the_pages_look(made: build.Made, sampled: Settings) -> None:
    assert made.archive.parent == sampled.home / "packages" and list(made.archive.parent.glob("*.zip")) == [
        made.archive
    ]
    with zipfile.ZipFile(made.archive) as archive:
        assert archive.testzip() is None
        here = {
            path.relative_to(made.folder.parent).as_posix(): path for path in made.folder.rglob("*") if path.is_file()
        }
        assert set(archive.namelist()) == set(here) and len(here) == made.files
        assert len({entry.date_time for entry in archive.infolist()}) == 1
        assert archive.infolist()[0].date_time[:5] == made.content.window.made_at.timetuple()[:5]
        for name in list(here)[::40]:
            assert archive.read(name) == here[name].read_bytes()


def test_built_twice_it_has_the_same_bytes(
    made: build.Made, sampled: Settings, tmp_path: Path, command: Callable[..., tuple[int, str]]
) -> None:
    first, last = window(sampled)
    code, told = command(sampled, "--from", str(first), "--to", str(last), "--out", str(tmp_path / "again"))
    assert code == 0 and f"{made.files} files" in told and "deviations noted" in told
    again = tmp_path / "again" / made.folder.name
    for path in sorted(made.folder.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(made.folder)).read_bytes(), path
    assert made.archive.read_bytes() == (tmp_path / "again" / made.archive.name).read_bytes()
    code, told = command(sampled, "--from", str(first), "--to", str(last), "--out", str(tmp_path / "again"))
    assert code == 1 and "is there already" in told


def test_an_auditor_verifies_it_with_the_script_inside(made: build.Made) -> None:
    script = [sys.executable, "-I", str(made.folder / "verify_evidence.py"), str(made.folder)]
    done = subprocess.run(script, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything verifies." in done.stdout
    assert f"{made.files - 2} files of the package compared with its manifest" in done.stdout


def test_what_is_altered_in_it_is_found(made: build.Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made.folder, folder)

    def told() -> str:
        assert verify_evidence.main([str(folder)]) == 1
        return capsys.readouterr().out

    def restored(name: str) -> None:
        shutil.copyfile(made.folder / name, folder / name)

    for name in ("report.html", "report.pdf", "workbooks/AC.xlsx", "ipe/AC-01.html", "samples/CM-03"):
        file = folder / name if (folder / name).is_file() else next((folder / name).rglob("draw-*.json"))
        name = file.relative_to(folder).as_posix()
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.chmod(0o644)
        file.write_bytes(content)
        assert f"BROKEN  {name}" in told()
        restored(name)
    (folder / "oscal/assessment-results.json").unlink()
    assert "oscal/assessment-results.json" in told()
    restored("oscal/assessment-results.json")
    (folder / "extra.txt").write_text("more")
    assert "extra.txt" in told() and (folder / "extra.txt").unlink() is None
    # A file changed together with its line of the manifest is found by the signature, and so is another signature.
    (folder / "report.html").write_text("Everything passed.")
    manifest = json.loads((folder / "manifest.json").read_text())
    next(line for line in manifest["files"] if line["path"] == "report.html")["sha256"] = verify_evidence.file_sha256(
        folder / "report.html"
    )
    (folder / "manifest.json").write_text(verify_evidence.canonical(manifest) + "\n")
    assert "what is signed is another manifest" in told()
    stranger = keys._signer(Ed25519PrivateKey.generate())
    text = (folder / "manifest.json").read_bytes()
    envelope = Envelope(verify_evidence.manifest_statement(text), verify_evidence.PAYLOAD_TYPE, {})
    envelope.sign(stranger)
    (folder / "manifest.sig.json").write_text(verify_evidence.canonical(envelope.to_dict()) + "\n")
    (folder / f"ledger/keys/{stranger.public_key.keyid}.pem").write_bytes(keys.public_pem(stranger))
    assert "manifest.sig.json" in json.dumps(_problems(folder, capsys))
    (folder / "manifest.sig.json").unlink()
    assert any("is not signed" in problem["why"] for problem in _problems(folder, capsys))


def _problems(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert verify_evidence.main([str(folder), "--json"]) == 1
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["problems"]
    return found


def test_the_workbooks_have_what_the_warehouse_has(made: build.Made, published: duckdb.DuckDBPyConnection) -> None:
    days = made.content.window.days
    for area in ("AC", "CM", "VM"):
        book = openpyxl.load_workbook(made.folder / f"workbooks/{area}.xlsx", read_only=True)
        assert book.sheetnames == [
            "Read me", "Controls", "Populations", "Rows", "Exceptions", "Samples", "Runs", "Gaps"
        ]  # fmt: skip
        mine = f"control_id like '{area}-%'"
        runs = _sheet(book, "Runs")
        names = "control_id, logical_date, status, reason, population_count, population_hash, deviation_count, run_id"
        expected = published.execute(
            f"select {names} from fct_control_run where is_current and {mine} and logical_date >= ? order by 1, 2",
            [days[0]],
        ).fetchall()
        assert [tuple(row[name] for name in names.split(", ")) for row in runs] == expected and expected
        raised = published.execute(
            f"select exception_id, state, reason from fct_exception where {mine} order by 1"
        ).fetchall()
        shown = {(row["exception_id"], row["state"], row["reason"]) for row in _sheet(book, "Exceptions")}
        assert shown == set(raised) and raised
        stated = f"select control_id from dim_control where mode = 'snapshot' and {mine}"
        rows = f"select control_id, entity_key, result, reason from fct_control_row where control_id in ({stated})"
        states = {row[0] for row in published.execute(stated).fetchall()}
        shown_rows = [
            (row["control_id"], row["entity_key"], row["result"], row["reason"])
            for row in _sheet(book, "Rows")
            if row["control_id"] in states
        ]
        assert sorted(shown_rows) == sorted(published.execute(rows).fetchall())
        assert (
            len(_sheet(book, "Controls"))
            == len(_sheet(book, "Populations"))
            == len({run["control_id"] for run in runs})
        )


def _sheet(book: Any, name: str) -> list[dict[str, Any]]:
    """Rows of a sheet as dicts; days as days."""
    heads, *rows = book[name].iter_rows(values_only=True)
    return [
        {
            head: value.date()
            if isinstance(value, datetime) and head in ("logical_date", "day", "first_day")
            else value
            for head, value in zip(heads, row, strict=True)
        }
        for row in rows
    ]


def test_a_control_of_events_has_each_event_of_the_window_once(made: build.Made, sampled: Settings) -> None:
    newest: dict[str, tuple[date, str]] = {}
    nights: Counter[str] = Counter()
    for run in ledger.current(ledger.runs(sampled.ledger)):
        for line in (run.folder / ledger.ROWS).open(encoding="utf-8"):
            row = json.loads(line)
            if row["control_id"] == "CM-01":
                newest[row["entity_key"]] = (run.day, row["result"])
                nights[row["entity_key"]] += 1
    book = openpyxl.load_workbook(made.folder / "workbooks/CM.xlsx", read_only=True)
    shown = [row for row in _sheet(book, "Rows") if row["control_id"] == "CM-01"]
    assert {row["entity_key"]: (row["day"], row["result"]) for row in shown} == newest
    assert len(shown) == len(newest) > 100 and {row["entity_key"]: row["nights"] for row in shown} == nights


def test_a_sample_is_in_the_package(made: build.Made) -> None:
    draw = json.loads(next((made.folder / "samples" / SAMPLED).rglob("draw-*.json")).read_text())
    book = openpyxl.load_workbook(made.folder / "workbooks/CM.xlsx", read_only=True)
    shown = _sheet(book, "Samples")
    assert [row["key"] for row in shown] == [item["key"] for item in draw["sample"]] and shown[0]["seed"] == SEED
    report = (made.folder / "report.html").read_text()
    assert f"Seed {SEED}" in report and all(item["key"] in report for item in draw["sample"])


def test_the_oscal_file_is_valid_and_says_the_same(made: build.Made) -> None:
    document = json.loads((made.folder / "oscal/assessment-results.json").read_text())
    oscal.check(document)
    result = document["assessment-results"]["results"][0]
    reviewed = result["reviewed-controls"]["control-selections"][0]["include-controls"]
    assert [one["control-id"] for one in reviewed] == [one.id for one in made.content.results if one.in_scope]
    assert len(result["risks"]) == made.content.deviations > 100
    tested = {
        one.id: "not-satisfied" if one.exceptions else "satisfied"
        for one in made.content.results
        if not one.is_insufficient
    }
    assert {one["target"]["target-id"]: one["target"]["status"]["state"] for one in result["findings"]} == tested
    assert len(tested) < len(reviewed), "what is not tested has no finding"


@pytest.mark.parametrize(
    ("place", "value"), [(("uuid",), "1"), (("metadata", "last-modified"), "yesterday"), (("results",), [])]
)
def test_an_oscal_file_that_is_not_valid_is_refused(made: build.Made, place: tuple[str, ...], value: Any) -> None:
    document = oscal.document(made.content)
    inner = document["assessment-results"]
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    with pytest.raises(Refused, match="not valid by OSCAL's schema"):
        oscal.check(document)


def test_some_criteria_and_a_report_of_type_1(sampled: Settings, tmp_path: Path) -> None:
    home = copied(sampled, tmp_path / "home")
    with duckdb.connect(str(home.published_file)) as connection:
        connection.execute("update dim_engagement set report_type = 'type_1'")
        wanted = connection.execute(
            "select control_id from dim_control where list_contains(criteria, 'CC9.2') order by 1"
        ).fetchall()
    first, last = window(home)
    made = build.make(home, first, last, ["CC9.2"], tmp_path / "out")
    assert [one.id for one in made.content.results] == [row[0] for row in wanted] and wanted
    assert made.folder.name.endswith("_CC9.2")
    assert all(len(one.runs) == 1 and one.runs[0]["logical_date"] == last for one in made.content.results)
    report = (made.folder / "report.html").read_text()
    assert f"Tests of controls and results, as of {last}" in report and "Type I " in report.replace("<", " ")
    assert "Coverage:" not in report and "One instance" in report
    assert verify_evidence.main([str(made.folder)]) == 0


def test_a_window_that_ended_earlier_knows_nothing_of_later_nights(sampled: Settings, tmp_path: Path) -> None:
    first, last = window(sampled)
    assert first < last
    made = build.make(sampled, first, first, ["CC8.1", "CC9.2"], tmp_path / "out")
    known = [one for result in made.content.results for one in result.exceptions]
    run = next(run for run in ledger.runs(sampled.ledger) if run.day == first)
    events = [json.loads(line) for line in (run.folder / ledger.EVENTS).open()]
    mine = {one.id for one in made.content.results}
    opened = {event["exception_id"] for event in events if event["control_id"] in mine}
    assert {one["exception_id"] for one in known} == opened and opened
    assert {one["state"] for one in known} <= {"open", "accepted", "mitigated"}
    assert not (made.folder / f"ledger/day={last}").exists()
    decided = [one for one in made.content.decisions if one["control_id"] == "VM-03"]
    assert decided and all(one["until"] is None for one in decided), "what ended later was still in force"


def test_each_version_of_a_register_is_there(made: build.Made, published: duckdb.DuckDBPyConnection) -> None:
    lines = list(csv.DictReader((made.folder / "registers/versions.csv").open(encoding="utf-8", newline="")))
    names = published.execute("select distinct table_name from fct_extract_run where source = 'registers'").fetchall()
    assert {line["register"] for line in lines} == {row[0] for row in names}
    several = {name for name, count in Counter(line["register"] for line in lines).items() if count > 1}
    assert several, "the sandbox company changes registers every night"
    for line in lines:
        rows = list(csv.reader((made.folder / "registers" / line["file"]).open(encoding="utf-8", newline="")))
        assert max(len(rows) - 1, 0) == int(line["rows"]), line
        assert (made.folder / line["raw_file"]).is_file()
        assert verify_evidence.file_sha256(made.folder / line["raw_file"]) == line["sha256"]
    assert {one["register"] for one in made.content.registers if one["versions"] > 1} == several


def test_the_request_list_leads_to_controls_that_are_planned(made: build.Made, sampled: Settings) -> None:
    planned = coverage.of(sampled, controls.load(sampled.dbt_target / "manifest.json")).planned
    wanted = [one for line in yaml.safe_load(request_list.LIST.read_text()) for one in line["controls"]]
    assert len(wanted) > 60 and set(wanted) - planned - {one.id for one in made.content.results} == set()
    lines = list(csv.DictReader((made.folder / "request_list.csv").open(encoding="utf-8", newline="")))
    assert {line["control_id"] for line in lines} - {""} == set(wanted) & {one.id for one in made.content.results}
    for line in lines:
        if line["control_id"]:
            assert (made.folder / line["workbook"]).is_file() and (made.folder / line["query"]).is_file()
    leavers = next(line for line in lines if line["control_id"] == "AC-14")
    assert leavers["request"].startswith("Leavers") and (made.folder / leavers["ipe_sheet"]).is_file()


def test_a_full_sheet_goes_on_in_another_and_a_long_text_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import xlsxwriter

    monkeypatch.setattr(workbooks, "SHEET_ROWS", 5)
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx"), {"constant_memory": True}) as book:
        workbooks.Sheets(book).add("Rows", ["key", "text"], [[n, "=1+1" if n else "x" * 40_000] for n in range(12)])
    read = openpyxl.load_workbook(tmp_path / "book.xlsx")
    assert {sheet.title: sheet.max_row - 1 for sheet in read} == {"Rows": 5, "Rows 2": 5, "Rows 3": 2}
    assert [sheet.cell(1, 1).value for sheet in read] == ["key"] * 3
    assert read["Rows"].cell(2, 2).value.endswith(workbooks.CUT) and len(read["Rows"].cell(2, 2).value) == 32_767
    assert read["Rows"].cell(3, 2).data_type == "s", "no text becomes a formula"

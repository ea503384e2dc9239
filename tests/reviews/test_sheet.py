"""The spreadsheet: what is wrong is named by file, row, column and fix, and then nothing at all is imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from .conftest import DEPUTY, REVIEW, REVIEWER, Desk, Fill, decisions

pytestmark = pytest.mark.slow(minutes=1)


def test_every_bad_cell_is_named_and_nothing_is_imported(opened: Desk, fill: Fill) -> None:
    lines = opened.campaign.lines
    own = next(line.line_no for line in lines if line.login == "kwatanabe")
    service = next(line.line_no for line in lines if line.login == "acme-ci")
    stale = next(line.line_no for line in lines if line.status == "review-needed")
    bad: dict[int, tuple[str, dict[str, object], str]] = {
        own: ("decided_by", {"decided_by": REVIEWER}, "nobody reviews themselves"),
        service: ("decided_by", {"decided_by": REVIEWER}, "nobody reviews themselves"),
        stale: ("reason", {"reason": ""}, "say why it is confirmed"),
    }
    others = iter(line.line_no for line in lines if line.line_no not in bad)
    for column, cells, why in (
        ("decision", {"decision": "keep"}, "write one of confirm, revoke, modify"),
        ("decision", {"decision": None}, "write one of confirm, revoke, modify"),
        ("removed_permissions", {"decision": "modify"}, "names the permissions that go"),
        ("removed_permissions", {"decision": "modify", "removed_permissions": "org:owner"}, "does not hold org:owner"),
        (
            "removed_permissions",
            {"decision": "revoke", "removed_permissions": "org:member"},
            "only a decision to modify",
        ),
        ("decided_by", {"decided_by": "Kenji"}, "nobody whom HR or a contract knows"),
        ("decided_by", {"decided_by": None}, "nobody whom HR or a contract knows"),
        ("decided_by", {"decided_by": "E1010"}, "does not review github"),
        ("permissions", {"permissions": "org:admin"}, "is not what the review says"),
        ("name", {"name": "Somebody"}, "is not what the review says"),
        ("line_no", {"line_no": "77"}, "is no line"),
        ("line_no", {"line_no": 1}, "stands in a row above already"),
    ):
        bad[next(others) + 1 if column == "line_no" and 1 in bad else next(others)] = (column, cells, why)
    cells = decisions(opened)
    for number, (_, wrong, _) in bad.items():
        cells[number] = cells[number] | wrong
    file = fill(opened, "bad", cells)
    told = opened.refuses("import", str(file), "--by", DEPUTY).splitlines()
    for number, (column, _, why) in bad.items():
        (line,) = [one for one in told if one.startswith(f"bad.xlsx row {number + 1}, column {column}: ")]
        assert why in line
    assert len(told) == len(bad) + 1 and "nothing was imported" in told[-1]
    assert len(opened.campaign.undecided) == len(lines)


def test_a_row_that_was_taken_out_is_not_decided_and_the_others_are(opened: Desk, fill: Fill) -> None:
    file = fill(opened, "short", decisions(opened))
    book = load_workbook(file)
    book["Review"].delete_rows(2, 2)
    book.save(file)
    opened.does("import", str(file), "--by", DEPUTY)
    assert [line.line_no for line in opened.campaign.undecided] == [1, 2]


def test_a_decision_that_came_after_the_export_is_not_overwritten(opened: Desk, fill: Fill, tmp_path: Path) -> None:
    from soc2_warehouse.reviews import deciding
    from soc2_warehouse.reviews.campaign import now

    old = fill(opened, "old", decisions(opened, aduarte={"decision": "revoke"}))
    moment = now(opened.settings).replace(year=2027)
    choice = deciding.Choice(1, "confirm", (REVIEWER,), "seen")
    deciding.decide(opened.settings, REVIEW, choice, moment, "airflow")
    told = opened.refuses("import", str(old), "--by", DEPUTY)
    assert "old.xlsx row 2, column decision: E1007 decided 'confirm' at 2027" in told
    assert len(opened.campaign.undecided) == len(opened.campaign.lines) - 1


def test_what_a_system_calls_an_account_is_no_formula(desk: Desk, fill: Fill) -> None:
    name = '=HYPERLINK("http://evil.example", "x")'
    long = ", ".join(f"'svc:Action{number}\x01'" for number in range(3_000))
    line = "where system_id = 'github' and line_no = 1"
    desk.publish(f"update fct_access_review_line_proposed set name = '{name}', permissions = [{long}] {line}")
    desk.does("open", "github", "2026-Q3")
    file = fill(desk, "formula", decisions(desk))
    cell = load_workbook(file)["Review"]["B2"]
    assert (cell.value, cell.data_type) == (name, "s")
    desk.does("import", str(file), "--by", DEPUTY)
    desk.does("close", REVIEW, "--by", REVIEWER)
    assert "<a href" not in desk.does("report", REVIEW)


def test_a_file_that_is_no_spreadsheet_or_of_another_review_is_told(opened: Desk, fill: Fill, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_text("line_no;decision")
    assert "x.xlsx is no xlsx file" in opened.refuses("import", str(tmp_path / "x.xlsx"), "--by", DEPUTY)
    assert "is not there" in opened.refuses("import", str(tmp_path / "y.xlsx"), "--by", DEPUTY)
    file = fill(opened, "all", decisions(opened))
    assert "nobody whom HR" in opened.refuses("import", str(file), "--by", "somebody")
    assert "is there already" in opened.refuses("export", REVIEW, str(file))
    for change, why in (
        (lambda book: book.remove(book["About"]), "the sheet About is missing"),
        (lambda book: book["Review"].delete_cols(4), "row 1, column last_login: is missing"),
        (lambda book: book["About"].cell(1, 2, "AR-2026-Q3-aws"), "no review 'AR-2026-Q3-aws'"),
        (lambda book: book["About"].cell(2, 2, "99"), "column export: '99' is no export of"),
    ):
        book = load_workbook(file)
        change(book)
        book.save(tmp_path / "wrong.xlsx")
        assert why in opened.refuses("import", str(tmp_path / "wrong.xlsx"), "--by", DEPUTY)
    assert len(opened.campaign.undecided) == len(opened.campaign.lines)

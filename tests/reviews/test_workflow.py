"""A review from its opening to the signature, decided in a spreadsheet; and what must not happen does not."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from .conftest import DEPUTY, REVIEW, REVIEWER, Desk, Fill, decisions

pytestmark = pytest.mark.slow(minutes=1)

HANDBOOK = ("name", "role", "last_login", "permissions", "status", "action_required")
#: Another night, a day later.
NEXT_NIGHT = (
    "update fct_access_review_line_proposed set snapshot_at = snapshot_at + interval 1 day",
    "update fct_control_run set logical_date = logical_date + 1",
    "update meta_extract_run set logical_date = logical_date + 1",
)


@pytest.fixture
def decided(opened: Desk, fill: Fill) -> Desk:
    """Every line is decided."""
    file = fill(opened, "all", decisions(opened))
    assert f"{len(opened.campaign.lines)} lines decided" in opened.does("import", str(file), "--by", DEPUTY)
    return opened


def test_a_review_freezes_the_lines_of_the_night_with_the_handbooks_fields(opened: Desk) -> None:
    campaign = opened.campaign
    assert len(campaign.lines) == campaign.facts["accounts_listed"] > 20
    for line in campaign.lines:
        assert all(getattr(line, field) is not None for field in HANDBOOK if field != "last_login"), line
    assert (campaign.facts["reviewer"], campaign.facts["deputy"]) == (REVIEWER, DEPUTY)
    needed = {one["source_id"]: one["status"] for one in campaign.facts["sources"]}
    assert {"github.members", "hris.employees", "registers.systems"} <= set(needed)
    assert set(needed.values()) == {"complete"}


def test_a_decided_review_is_closed_with_a_report_that_verifies(decided: Desk, fill: Fill) -> None:
    lines = len(decided.campaign.lines)
    again = decided.does("import", str(fill(decided, "again", {})), "--by", DEPUTY)
    assert f"0 lines decided, {lines} as before, 0 still open" in again
    assert "Not signed: the review is open." in decided.does("report", REVIEW)
    decided.does("close", REVIEW, "--by", "kenji.watanabe@acme.example")
    told = decided.does("verify", REVIEW)
    assert "report and signature verify" in told and "signs the nights, too" in told
    page = decided.does("report", REVIEW)
    for line in decided.campaign.lines:
        assert line.name in page and line.permissions[0] in page
    assert "Not signed" not in page
    envelope = json.loads((decided.campaign.folder / "report.json").read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    first = statement["predicate"]["lines"][0]
    assert (first["decision"], first["way"], first["entered_by"]) == ("confirm", "spreadsheet", DEPUTY)


def test_what_is_closed_stays(decided: Desk, fill: Fill) -> None:
    file = fill(decided, "late", {1: {"decision": "revoke"}})
    decided.does("close", REVIEW, "--by", REVIEWER)
    for words in (("import", str(file), "--by", DEPUTY), ("close", REVIEW, "--by", REVIEWER), ("renew", REVIEW)):
        assert "was closed at" in decided.refuses(*words)


@pytest.mark.parametrize("name", ["report.html", "report.json", "events.jsonl"])
def test_a_flipped_byte_is_found_and_its_file_named(decided: Desk, name: str) -> None:
    decided.does("close", REVIEW, "--by", REVIEWER)
    path = decided.campaign.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert str(path) in decided.refuses("verify", REVIEW)


def test_a_report_signed_by_a_key_of_nobody_is_told(decided: Desk) -> None:
    for path in decided.settings.keys.iterdir():
        path.unlink()
    decided.does("close", REVIEW, "--by", REVIEWER)
    assert "NOT A KEY OF ANY NIGHT" in decided.does("verify", REVIEW)


def test_a_review_with_an_undecided_line_is_not_closed(opened: Desk, fill: Fill) -> None:
    cells = decisions(opened)
    name = next(line.name for line in opened.campaign.lines if line.line_no == 3)
    del cells[3]
    opened.does("import", str(fill(opened, "but-one", cells)), "--by", DEPUTY)
    told = opened.refuses("close", REVIEW, "--by", REVIEWER)
    assert f"1 of {len(opened.campaign.lines)} lines are undecided: 3 ({name})" in told
    assert opened.campaign.closed is None and not (opened.campaign.folder / "report.json").exists()


def test_only_the_reviewer_signs_until_the_review_is_handed_over(decided: Desk) -> None:
    assert "is not the reviewer" in decided.refuses("close", REVIEW, "--by", DEPUTY)
    assert "nobody whom HR or a contract knows" in decided.refuses("close", REVIEW, "--by", "E9999")
    assert "has left" in decided.refuses("reassign", REVIEW, "--to", "E1052")
    own = decided.refuses("reassign", REVIEW, "--to", REVIEWER, "--deputy", REVIEWER)
    assert "nobody reviews themselves" in own
    decided.does("reassign", REVIEW, "--to", DEPUTY, "--deputy", REVIEWER)
    decided.does("close", REVIEW, "--by", DEPUTY)


def test_a_snapshot_of_an_incomplete_source_is_not_closed_until_it_is_renewed(desk: Desk, fill: Fill) -> None:
    broken = "update meta_extract_run set status = '{}' where source_id = 'github.members'"
    desk.publish(broken.format("incomplete"))
    desk.does("open", "github", "2026-Q3")
    desk.does("import", str(fill(desk, "all", decisions(desk))), "--by", DEPUTY)
    told = desk.refuses("close", REVIEW, "--by", REVIEWER)
    assert "github.members was incomplete, so that accounts may be missing" in told
    assert "in the newest night github.members was incomplete" in told
    assert "not newer than the snapshot" in desk.refuses("renew", REVIEW)
    changed = "update fct_access_review_line_proposed set role = 'Director' where system_id = 'github' and line_no = 2"
    desk.publish(*NEXT_NIGHT, broken.format("complete"), changed)
    assert "1 to decide" in desk.does("renew", REVIEW)
    cells = {2: decisions(desk)[2]}
    desk.does("import", str(fill(desk, "changed", cells)), "--by", DEPUTY)
    desk.does("close", REVIEW, "--by", REVIEWER)


def test_a_review_is_not_closed_while_what_changed_cannot_be_seen(decided: Desk) -> None:
    decided.publish(*NEXT_NIGHT, "delete from meta_extract_run where source_id = 'hris.employees' and is_selected")
    decided.publish("update meta_extract_run set status = 'failed' where source_id = 'hris.employment_status'")
    told = decided.refuses("close", REVIEW, "--by", REVIEWER)
    assert "hris.employees was missing and hris.employment_status was failed" in told


def test_lines_that_changed_since_the_snapshot_show(decided: Desk, tmp_path: Path) -> None:
    here = "where system_id = 'github' and line_no ="
    decided.publish(
        *NEXT_NIGHT,
        f"update fct_access_review_line_proposed set permissions = ['org:admin'] {here} 1",
        f"delete from fct_access_review_line_proposed {here} 2",
        f"update fct_access_review_line_proposed set account_id = 'new', login = 'newcomer' {here} 3",
        "update dim_employment_spell set end_effective_at = timestamp '2026-07-02 20:00:00' where person_key = "
        f"(select person_key from fct_access_review_line_proposed {here} 4)",
    )
    told = decided.does("status", REVIEW)
    names = {line.line_no: line.name for line in decided.campaign.lines}
    assert f"line 1, {names[1]}: gained org:admin; lost org:member" in told
    assert f"line 2, {names[2]}: the account is gone or cannot sign in any more" in told
    assert f"line 4, {names[4]}: the person left on 2026-07-02" in told
    assert "came after the snapshot: newcomer" in told
    decided.does("export", REVIEW, str(tmp_path / "changed.xlsx"))
    sheet = load_workbook(tmp_path / "changed.xlsx")["Review"]
    column = [cell.value for cell in sheet[1]].index("changed_since") + 1
    assert sheet.cell(2, column).value == "gained org:admin; lost org:member"
    decided.does("close", REVIEW, "--by", REVIEWER)
    assert "gained org:admin; lost org:member" in decided.does("report", REVIEW)


@pytest.mark.parametrize(
    ("statement", "words", "why"),
    [
        ("select 1", ("github", "2026-Q2"), "AR-2026-Q2-github is in the register"),
        ("select 1", ("github", "2027-Q4"), "the calendar has"),
        ("select 1", ("github", "2026-Q3", "--deputy", REVIEWER), "nobody reviews themselves"),
        ("select 1", ("github", "2026-Q3", "--reviewer", "E1052"), "has left"),
        (
            "update fct_access_review set access_reviewer = null",
            ("github", "2026-Q3"),
            "access_reviewer in the register",
        ),
        ("drop table fct_access_review", ("github", "2026-Q3"), "run a night first"),
        ("delete from fct_access_review_line_proposed", ("github", "2026-Q3"), "shows no account"),
    ],
)
def test_a_review_that_cannot_be_opened_is_told_and_leaves_nothing(
    desk: Desk, statement: str, words: tuple[str, ...], why: str
) -> None:
    desk.publish(statement)
    assert why in desk.refuses("open", *words)
    assert not (desk.settings.home / "reviews").exists()
    assert "no review" in desk.refuses("close", "../../etc", "--by", REVIEWER)


def test_a_changed_event_is_found_before_anything_else_is_done(opened: Desk, tmp_path: Path) -> None:
    opened.does("export", REVIEW, str(tmp_path / "x.xlsx"))
    file = opened.campaign.file
    file.write_text(file.read_text().replace('"reviewer":"E1007"', '"reviewer":"E1003"'))
    assert f"{file} line 2: it does not follow from the line before" in opened.refuses("close", REVIEW, "--by", DEPUTY)

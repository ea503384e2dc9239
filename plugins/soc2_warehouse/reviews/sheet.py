"""A review as a spreadsheet: written for those who have no Airflow, and read back, all of it or nothing.

The sheet ``Review`` has a row for each line; only its four last columns are to be filled. The sheet ``About`` says
which review it is. Text is text: what looks like a formula in a name is none.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from soc2_warehouse.reviews import published
from soc2_warehouse.reviews.campaign import DECISIONS, SPREADSHEET, Campaign, Line, ReviewProblem, text, writing
from soc2_warehouse.reviews.changes import Changes, since_snapshot
from soc2_warehouse.reviews.deciding import Choice, Refused, admitted, event
from soc2_warehouse.settings import Settings

LINES, ABOUT = "Review", "About"
#: Characters in a cell at most.
CELL = 32_767
#: Column and width in characters. What stands in the printed ones must come back as it was.
PRINTED = {
    "line_no": 7,
    "name": 26,
    "role": 24,
    "last_login": 21,
    "permissions": 44,
    "status": 15,
    "action_required": 16,
    "account": 36,
    "changed_since": 36,
}
FILLED = {"decision": 12, "removed_permissions": 30, "reason": 36, "decided_by": 14}
HOW = {
    "decision": "confirm, revoke or modify",
    "removed_permissions": "only with modify: the permissions that go, with ; between them",
    "reason": "to confirm a line that is review-needed or proposes to revoke, and for an account without permissions",
    "decided_by": "employee number, contractor id or work address of who decided; nobody decides on an own account",
}


@dataclass(frozen=True)
class Imported:
    """What an import did: lines decided anew, lines that said what was decided already, lines without a decision."""

    decided: int
    known: int
    empty: int


def write(settings: Settings, review_id: str, file: Path, at: datetime, by: str) -> int:
    """Write a review to a new xlsx FILE. Returns how many lines it has.

    Raises ReviewProblem, FileExistsError for a file that is there: somebody's decisions may be in it.
    """
    with writing(settings, review_id) as campaign, file.open("xb") as stream:
        try:
            number = len(campaign.events) + 1
            book = _book(campaign, since_snapshot(settings, campaign), number)
            book.save(stream)
        except BaseException:
            file.unlink()
            raise
        campaign.add({"event": "exported", "by": by, "file": file.name}, at=at)
        return len(campaign.lines)


def _book(campaign: Campaign, changes: Changes, number: int) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = LINES
    columns = PRINTED | FILLED
    for position, (name, width) in enumerate(columns.items(), 1):
        cell = _put(sheet, 1, position, name)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFF4CE" if name in FILLED else "E7EBEF")
        sheet.column_dimensions[get_column_letter(position)].width = width
    for row, line in enumerate(campaign.lines, 2):
        made = campaign.decisions.get(line.account)
        filled = {
            "decision": made.decision if made else None,
            "removed_permissions": "; ".join(made.removed_permissions) if made else None,
            "reason": made.reason if made else None,
            "decided_by": made.by if made else None,
        }
        values = printed(line) | {"changed_since": changes.of(line)} | filled
        for position, name in enumerate(columns, 1):
            cell = _put(sheet, row, position, values[name])
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.protection = Protection(locked=name in PRINTED)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.protection.sheet, sheet.protection.autoFilter, sheet.protection.formatColumns = True, False, False
    choice = DataValidation("list", formula1=f'"{",".join(DECISIONS)}"', showErrorMessage=True)
    column = get_column_letter(list(columns).index("decision") + 1)
    choice.add(f"{column}2:{column}{len(campaign.lines) + 1}")
    sheet.add_data_validation(choice)
    _about(book.create_sheet(ABOUT), campaign, number)
    return book


def _about(sheet: Worksheet, campaign: Campaign, number: int) -> None:
    facts = campaign.facts
    rows = {
        "review_id": campaign.review_id,
        "export": str(number),
        "system": facts["system_id"],
        "quarter": facts["review_period"],
        "snapshot_at": facts["snapshot_at"],
        "due_date": facts["due_date"],
        "reviewer": campaign.reviewer,
        "deputy": facts.get("deputy") or "",
        "how": f"Fill the yellow columns of {LINES}, save as xlsx, then: soc2 review import FILE --by YOU",
        **HOW,
    }
    for row, (name, value) in enumerate(rows.items(), 1):
        _put(sheet, row, 1, name).font = Font(bold=True)
        _put(sheet, row, 2, value).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 22, 90
    sheet.protection.sheet = True


def _put(sheet: Worksheet, row: int, column: int, value: str | None) -> Any:
    cell = sheet.cell(row, column)
    if value:
        cell.value = _kept(value)
        # A name such as =HYPERLINK(…) comes from a system: it is shown, never computed.
        cell.data_type = "s"
    return cell


def printed(line: Line) -> dict[str, str]:
    """A line as the spreadsheet prints it, but for what changed since."""
    return {
        "line_no": str(line.line_no),
        "name": line.name,
        "role": line.role,
        "last_login": line.last_login or "never",
        "permissions": "; ".join(line.permissions) or "none",
        "status": line.status,
        "action_required": line.action_required,
        "account": f"{line.source_id} {line.login or line.account_id}",
    }


def read(settings: Settings, file: Path, at: datetime, by: str) -> Imported:
    """Take the decisions of a spreadsheet into its review: every one, or none.

    by: who imports. Raises ReviewProblem that lists every cell to mend: file, row, column and fix.
    """
    about, rows = _content(file)
    with published.reading(settings) as connection:
        people = published.people(connection)
    entered_by = people.find(by).ref
    with writing(settings, about.get("review_id", "")) as campaign:
        exported_at = campaign.exported_at(int(about["export"])) if about.get("export", "").isdecimal() else None
        if exported_at is None:
            raise ReviewProblem(
                f"{file.name} sheet {ABOUT}, row 2, column export: {about.get('export', '')!r} is no export of "
                f"{campaign.review_id}; write it anew (soc2 review export) and copy the decisions over"
            )
        if campaign.closed:
            raise ReviewProblem(f"{campaign.review_id} was closed at {campaign.closed['at']}; what is signed stays")
        problems: list[str] = []
        events: list[dict[str, object]] = []
        seen: set[int] = set()
        known = empty = 0
        for number, row in rows:
            where = f"{file.name} row {number}, column "
            try:
                line = _line(campaign, row, seen)
                seen.add(line.line_no)
                if not row["decision"] and not any(row[name] for name in FILLED if name != "decided_by"):
                    empty += 1
                    continue
                choice = Choice(
                    line.line_no,
                    row["decision"].lower(),
                    (row["decided_by"],),
                    row["reason"],
                    tuple(filter(None, (item.strip() for item in row["removed_permissions"].split(";")))),
                )
                line, made = admitted(campaign, choice, people, at, SPREADSHEET, exported_at, entered_by)
                before = campaign.decisions.get(line.account)
                said = (made.decision, made.by, made.reason, made.removed_permissions)
                if before and said == (before.decision, before.by, before.reason, before.removed_permissions):
                    known += 1
                    continue
                if before and before.decided_at > exported_at:
                    raise Refused(
                        "decision",
                        f"{before.by} decided {before.decision!r} at {before.decided_at}, after this file was written; "
                        "write it anew (soc2 review export) and decide there if it is to be another",
                    )
                events.append(event(line, made))
            except Refused as refused:
                problems.append(f"{where}{refused.column}: {refused}")
        if problems:
            raise ReviewProblem(
                "\n".join([*problems, f"{file.name}: nothing was imported; mend the cells and import again"])
            )
        if events:
            campaign.add(*events, at=at)
        return Imported(len(events), known, empty)


def _line(campaign: Campaign, row: dict[str, str], seen: set[int]) -> Line:
    """The line that a row is about. Raises Refused when the printed columns say something else than the review."""
    if not row["line_no"].isdecimal() or not 1 <= int(row["line_no"]) <= len(campaign.lines):
        told = f"{row['line_no']!r} is no line of {campaign.review_id}; write 1 to {len(campaign.lines)}"
        raise Refused("line_no", told)
    line = campaign.line(int(row["line_no"]))
    if line.line_no in seen:
        raise Refused("line_no", f"line {line.line_no} stands in a row above already; keep one row for each line")
    for name, value in printed(line).items():
        if row[name] != _flat(_kept(value)):
            raise Refused(name, f"{row[name]!r} is not what the review says; write {value!r} again, or export anew")
    return line


def _content(file: Path) -> tuple[dict[str, str], list[tuple[int, dict[str, str]]]]:
    """(about, rows with their numbers). Raises ReviewProblem naming what is wrong with the file."""
    try:
        book = load_workbook(file, data_only=True)
    except FileNotFoundError:
        raise ReviewProblem(f"{file} is not there") from None
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ReviewProblem(f"{file.name} is no xlsx file ({error}); save it as Excel workbook (.xlsx)") from None
    for name in (LINES, ABOUT):
        if name not in book.sheetnames:
            raise ReviewProblem(f"{file.name}: the sheet {name} is missing; keep both sheets of the export")
    about = {_cell(row[0]): _cell(row[1]) for row in book[ABOUT].iter_rows(max_col=2, values_only=True)}
    rows = book[LINES].iter_rows(values_only=True)
    header = [_cell(value) for value in next(rows, ())]
    if missing := [name for name in (*PRINTED, *FILLED) if name not in header]:
        raise ReviewProblem(f"{file.name} row 1, column {missing[0]}: is missing; keep the columns of the export")
    return about, list(_rows(header, rows))


def _rows(header: list[str], rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, values in enumerate(rows, 2):
        row = {name: _cell(value) for name, value in zip(header, values, strict=False) if name}
        if any(row.values()):
            yield number, row


def _cell(value: Any) -> str:
    """What a cell says, whatever the spreadsheet made of it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else _flat(text(value) if isinstance(value, datetime) and value.tzinfo else str(value))


def _kept(value: str) -> str:
    """What a cell can hold of a text."""
    return ILLEGAL_CHARACTERS_RE.sub("", value)[:CELL]


def _flat(value: str) -> str:
    return " ".join(value.split())

"""Published tables as CSV and xlsx, in constant memory.

A cell of text never becomes a formula in the reader's spreadsheet: CSV gets an apostrophe before what would start one,
xlsx says of each text that it is one. Lists are JSON. Times are UTC.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from soc2_warehouse.dashboard.reading import Reader

#: Rows fetched at once.
BATCH = 2_000
#: What a sheet holds besides its row of headings, and what a cell of it holds.
SHEET_ROWS = 1_048_575
CELL_CHARACTERS = 32_767
#: A sheet's numbers are floats of fifteen digits; what is longer, or no number at all, stays exact as text.
EXACT = 1e15
#: Spreadsheets begin a formula at these, and skip white space before them.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class TooLarge(ValueError):
    """The table does not fit into a sheet."""


def opened(reader: Reader, table: str) -> tuple[list[str], Iterator[list[tuple[Any, ...]]]]:
    """Columns and rows of a table. Raises LookupError when the file has none of that name."""
    if not reader.has(table):
        raise LookupError(f"there is no table {table}")
    return reader.batches(f"select * from {_quoted(table)}", BATCH)


def _quoted(table: str) -> str:
    """The name is one of the file's own, and quoted all the same."""
    return '"{}"'.format(table.replace('"', '""'))


def csv_lines(reader: Reader, table: str) -> Iterator[bytes]:
    """The table as UTF-8 CSV, headings first, some thousand rows at a time. Raises LookupError before the first."""
    names, batches = opened(reader, table)

    def lines() -> Iterator[bytes]:
        yield _csv([names])
        for batch in batches:
            yield _csv([[csv_cell(value) for value in row] for row in batch])

    return lines()


def _csv(rows: list[list[str]]) -> bytes:
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows(rows)
    return sink.getvalue().encode()


def csv_cell(value: Any) -> str:
    """A value as text; None is empty."""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(FORMULA) else value
    return "" if value is None else _text(value)


def write_xlsx(reader: Reader, table: str, file: Path) -> int:
    """Write the table as the one sheet of a workbook. Returns the number of rows.

    Raises LookupError, and TooLarge when a sheet cannot hold it: nothing is cut off.
    """
    import xlsxwriter

    names, batches = opened(reader, table)
    if int(reader.value(f"select count(*) from {_quoted(table)}")) > SHEET_ROWS:
        raise TooLarge(f"{table} has more than {SHEET_ROWS:,} rows, which no sheet holds: take {table}.csv")
    rows = 0
    with xlsxwriter.Workbook(str(file), {"constant_memory": True, "tmpdir": str(file.parent)}) as workbook:
        heading = workbook.add_format({"bold": True})
        formats = {
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
        }
        sheet = workbook.add_worksheet(table[:31])
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(names):
            sheet.write_string(0, column, name, heading)
        for batch in batches:
            for row in batch:
                rows += 1
                for column, value in enumerate(row):
                    write_cell(sheet, rows, column, value, formats, table)
    return rows


def write_cell(sheet: Any, row: int, column: int, value: Any, formats: dict[type, Any], table: str) -> None:
    """One cell in the type that it has; nothing for None."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal) and abs(float(value)) < EXACT:
        sheet.write_number(row, column, value)
    elif isinstance(value, date) and value.year >= 1900:
        sheet.write_datetime(row, column, value, formats[type(value)])
    else:
        text = _text(value)
        if len(text) > CELL_CHARACTERS:
            raise TooLarge(
                f"{table} has a text longer than {CELL_CHARACTERS:,} characters, which no cell holds: take {table}.csv"
            )
        sheet.write_string(row, column, text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)

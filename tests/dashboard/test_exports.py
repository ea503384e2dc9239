"""Tables as CSV and xlsx: the same rows and values, and no text that becomes a formula."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from soc2_warehouse.dashboard import exports
from soc2_warehouse.dashboard.reading import Files, Reader

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", '=HYPERLINK("x")']


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table cells (number integer, told varchar)")
        connection.executemany("insert into cells values (?, ?)", list(enumerate(FORMULAS)))
        connection.execute(
            """
            create table kinds as select
                -7 as small, 12345678901234567890::hugeint as huge, 1.5 as decimal_, 2.25::double as double_,
                'nan'::double as none_, true as yes, timestamp '2026-07-01 02:00:00' as at, date '1899-12-31' as old,
                date '2026-07-01' as day, ['a', null, '=b'] as list, {'a': 1} as struct, null as nothing,
                'línea' || chr(10) || '"quoted", too' as text, 'a' || chr(7) || 'b' as bell
            """
        )
        connection.execute('create table "odd ""name" as select 1 as one')
        connection.execute("create table long as select repeat('x', 32768) as told")
        connection.execute("create table big as select range as number from range(1048576)")
        connection.execute("create table fits as select range as number from range(5000)")
    return Reader(Files().cursor(file))


def as_csv(reader: Reader, table: str) -> list[list[str]]:
    text = b"".join(exports.csv_lines(reader, table)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def as_sheet(reader: Reader, table: str, folder: Path) -> Any:
    exports.write_xlsx(reader, table, folder / "table.xlsx")
    return openpyxl.load_workbook(folder / "table.xlsx").active


def test_formulas_are_texts_in_both(reader: Reader, tmp_path: Path) -> None:
    told = [row[1] for row in as_csv(reader, "cells")[1:]]
    assert told == [f"'{text}" for text in FORMULAS]
    sheet = as_sheet(reader, "cells", tmp_path)
    cells = [row[1] for row in sheet.iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells] == ["s"] * len(FORMULAS)
    assert [unescape(cell.value) for cell in cells] == FORMULAS


def test_values_keep_what_they_are(reader: Reader, tmp_path: Path) -> None:
    names, values = as_csv(reader, "kinds")
    told = dict(zip(names, values, strict=True))
    assert told["small"] == "-7" and told["huge"] == "12345678901234567890" and told["decimal_"] == "1.5"
    assert told["at"] == "2026-07-01 02:00:00" and told["old"] == "1899-12-31" and told["nothing"] == ""
    assert json.loads(told["list"]) == ["a", None, "=b"] and told["text"] == 'línea\n"quoted", too'
    sheet = as_sheet(reader, "kinds", tmp_path)
    cells = dict(zip(names, [cell.value for cell in sheet[2]], strict=True))
    assert cells["small"] == -7 and cells["decimal_"] == 1.5 and cells["double_"] == 2.25 and cells["yes"] is True
    assert cells["huge"] == "12345678901234567890", "fifteen digits are all that a sheet keeps of a number"
    assert cells["at"] == datetime(2026, 7, 1, 2) and cells["old"] == "1899-12-31" and cells["nothing"] is None
    assert cells["day"] in (date(2026, 7, 1), datetime(2026, 7, 1)) and cells["none_"] == "nan"
    assert json.loads(cells["list"]) == ["a", None, "=b"] and cells["text"] == 'línea\n"quoted", too'


def test_a_name_is_a_name_of_the_file_or_nothing(reader: Reader, tmp_path: Path) -> None:
    assert as_csv(reader, 'odd "name') == [["one"], ["1"]]
    for name in (
        "none",
        "cells; drop table cells",
        'cells" union select 1 --',
        "duckdb_settings",
        "published.cells",
        "",
    ):
        with pytest.raises(LookupError, match="there is no table"):
            exports.csv_lines(reader, name)
        with pytest.raises(LookupError, match="there is no table"):
            exports.write_xlsx(reader, name, tmp_path / "none.xlsx")


def test_nothing_is_cut_off(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(exports.TooLarge, match=r"long\.csv"):
        exports.write_xlsx(reader, "long", tmp_path / "long.xlsx")
    with pytest.raises(exports.TooLarge, match=r"1,048,575 rows.*big\.csv"):
        exports.write_xlsx(reader, "big", tmp_path / "big.xlsx")
    assert [len(row[0]) for row in as_csv(reader, "long")[1:]] == [32768]
    assert next(exports.csv_lines(reader, "big")).decode().strip() == "number"
    assert [int(row[0]) for row in as_csv(reader, "fits")[1:]] == list(range(5000))
    assert [row[0].value for row in as_sheet(reader, "fits", tmp_path).iter_rows(min_row=2)] == list(range(5000))


def test_another_query_does_not_end_a_stream(reader: Reader) -> None:
    lines = exports.csv_lines(reader, "fits")
    next(lines)
    assert reader.value("select count(*) from cells") == len(FORMULAS)
    assert len(b"".join(lines).split()) == 5000

"""The list of what auditors usually ask for, and where in the package it is: for people, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from soc2_warehouse.package.results import Result

LIST = Path(__file__).with_suffix(".yml")
HEADS = ["request", "control_id", "title", "conclusion", "population", "workbook", "ipe_sheet", "query"]


def answered(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Each request with the ``results`` that answer it; none when no control of the package does."""
    known = {result.id: result for result in results}
    lines = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return [
        {"request": line["request"], "results": [known[one] for one in line["controls"] if one in known]}
        for line in lines
    ]


def write(results: Sequence[Result], file: Path) -> None:
    """request_list.csv: a row a request and control; a request that nothing here answers has a row without one."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(HEADS)
    for line in answered(results):
        for one in line["results"]:
            sheet = one.sheet["file"] if one.sheet else ""
            place = [f"workbooks/{one.area}.xlsx", sheet, f"code/{one.id}.sql"]
            told = [one.id, one.control["title"], one.conclusion, one.population["judged"]]
            writer.writerow([line["request"], *told, *place])
        if not line["results"]:
            writer.writerow([line["request"], "", "not tested in this package", *[""] * 5])
    file.write_text(sink.getvalue(), encoding="utf-8")

"""The IPE sheet of each population, and what it shows of one instance that was walked through."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from soc2_warehouse.dashboard.reading import Reader
from soc2_warehouse.evidence import ipe, ipe_render
from soc2_warehouse.evidence.ipe_inputs import Inputs
from soc2_warehouse.package import Refused
from soc2_warehouse.package.results import Result
from soc2_warehouse.settings import Settings

TRACED = "Five rows traced to the source"


def write(settings: Settings, results: Iterable[Result], records: Reader, folder: Path) -> None:
    """Write a sheet for each control that was evaluated, of the last night on which it was; sets ``Result.sheet``.

    A control that no night could evaluate has no population and no sheet; the report lists it as not tested.
    Raises Refused when a sheet cannot be made.
    """
    inputs = Inputs(settings)
    folder.mkdir()
    for result in results:
        night = result.population["night"]
        if night is None:
            continue
        try:
            sheet = ipe.sheet(settings, result.id, night["logical_date"], inputs)
        except ipe.NoSheet as problem:
            raise Refused(f"the IPE sheet of {result.id} cannot be made: {problem}") from None
        (folder / f"{result.id}.html").write_text(ipe_render.to_html(sheet), encoding="utf-8")
        result.sheet = {
            "file": f"ipe/{result.id}.html",
            "day": sheet.day,
            "problems": list(sheet.problems),
            "walked": _walked(sheet, records),
        }


def lost_inputs(records: Reader, published: Reader) -> None:
    """Raise Refused when a judgement of the window names an extract of which no receipt is left."""
    known = {row["run_id"] for row in published.rows("select run_id from fct_extract_run")}
    named = records.rows(
        """
        select extract, min(logical_date) as day, arg_min(control_id, (logical_date, control_id)) as control_id
        from (select unnest(input_run_ids) as extract, logical_date, control_id from runs)
        group by extract order by day, extract
        """
    )
    if lost := [row for row in named if row["extract"] not in known]:
        first = lost[0]
        raise Refused(
            f"{first['control_id']} on {first['day']} read the extract {first['extract']}, whose receipt is not there "
            f"({len(lost)} such extracts)"
        )


def _walked(sheet: ipe.Sheet, records: Reader) -> dict[str, Any] | None:
    """The first traced row of the sheet that a record shows, with what the control said of it."""
    traced = next((line for line in sheet.content[TRACED] if line["record"]), None)
    if traced is None:
        return None
    row = records.row(
        "select entity_key, entity_name, result, codes, reason, evidence from rows "
        "where control_id = $control and entity_key = $key",
        {"control": sheet.control_id, "key": traced["entity_key"]},
    )
    return None if row is None else row | {name: traced[name] for name in ("record", "source_id", "by")}

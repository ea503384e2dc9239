"""A workbook for each area of controls: what the report prints in part, whole, for filters and formulas.

Deterministic: rows in a fixed order, the time of the newest judgement as the time of creation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from soc2_warehouse.dashboard.exports import CELL_CHARACTERS, SHEET_ROWS, write_cell
from soc2_warehouse.dashboard.reading import Reader
from soc2_warehouse.package import wording
from soc2_warehouse.package.content import Content
from soc2_warehouse.package.results import Result
from soc2_warehouse.package.window import Window

CUT = " … cut here, no cell holds more: the whole is in ledger/"
RUNS = [
    "control_id", "logical_date", "status", "reason", "incomplete", "detail", "population_count", "evaluated", "passed",
    "unknown", "pending", "excluded", "deviation_count", "open_exception_count", "accepted_count",
    "false_positive_count", "population_hash", "run_id", "as_of", "code_sha", "dirty", "sql_sha256", "params_sha",
    "parameters", "expectation_count",
]  # fmt: skip
ROWS = [
    "control_id", "entity_key", "entity_name", "owner_key", "result", "codes", "reason", "evidence", "day", "first_day",
    "nights", "run_id",
]  # fmt: skip
EXCEPTIONS = [
    "control_id", "entity_key", "entity_name", "owner_key", "code", "severity", "state", "since", "until", "ended_as",
    "states", "due_at", "occurrence_count", "reason", "decided_by", "decision_reason", "compensating_control",
    "decided_at", "expires_at", "evidence_uri", "rule_fix_ref", "exception_id",
]  # fmt: skip
SAMPLES = ["control_id", "draw", "seed", "stratum", "key", "rank", "day", "result", "reason", "replaced"]
GAPS = ["control_id", "first_day", "last_day", "days", "cause", "can_still_be_judged"]
#: Width of columns, in characters, where the default is too narrow.
WIDTHS = {"title": 48, "reason": 60, "detail": 40, "evidence": 60, "entity_key": 34, "entity_name": 34, "what": 110}
READ_ME = {
    "Controls": """One row a control: what is tested, and the result over the window. days: a letter each, p passed,
        f failed, n not tested, o no occurrence, - not judged.""",
    "Populations": """One row a control: how large its population is, its hash, and the sheet that says where it comes
        from.""",
    "Rows": """One row a member of a population. A control that tests states: the population of the last evaluated
        night of the window; other nights are in ledger/, and what deviated on them is in Exceptions. A control of
        events or periods: every member that any night of the window judged, once, as the newest of these nights has
        it (day); first_day: the first night that has it.""",
    "Exceptions": """One row a stretch of time in which a deviation stood, in UTC; until is empty while it stands after
        the last night. All that stood at any time of the window are here, accepted and repaired ones too, and false
        positives with their reason.""",
    "Samples": "One row a sampled item, with its rank; the draws themselves are in samples/.",
    "Runs": "One row a control and night: the judgement that counts, and the hashes of what it was made with.",
    "Gaps": "Days of the window that have no result, and why.",
}


def write(content: Content, records: Reader, folder: Path) -> None:
    """Write ``<AREA>.xlsx`` for each area."""
    folder.mkdir()
    areas: dict[str, list[Result]] = {}
    for result in content.results:
        areas.setdefault(result.area, []).append(result)
    for area, found in areas.items():
        _write(content.window, area, found, records, folder / f"{area}.xlsx")


def _write(window: Window, area: str, found: list[Result], records: Reader, file: Path) -> None:
    import xlsxwriter

    ids = {"controls": [result.id for result in found]}
    with xlsxwriter.Workbook(str(file), {"constant_memory": True, "tmpdir": str(file.parent)}) as book:
        title = f"{area}: tests of controls and results, {wording.period(window)}"
        book.set_properties({"title": title, "created": window.made_at.replace(tzinfo=None)})
        sheets = Sheets(book)
        sheets.add("Read me", ["sheet", "what"], [[title, ""], *_read_me(window)])
        sheets.add("Controls", CONTROLS, (_control(result, window) for result in found))
        sheets.add("Populations", POPULATIONS, (_population(result, window) for result in found))
        sheets.query(records, "Rows", ROWS, "rows", "control_id, entity_key", ids)
        sheets.query(records, "Exceptions", EXCEPTIONS, f"({STRETCHES})", "control_id, exception_id, since", ids)
        sheets.add("Samples", SAMPLES, _samples(found))
        sheets.query(records, "Runs", RUNS, "runs", "control_id, logical_date", ids)
        sheets.add("Gaps", GAPS, _gaps(found))


#: A row for each stretch of an exception; a false positive without one has a row all the same.
STRETCHES = """
    select exceptions.*, intervals.since, intervals.until, intervals.ended_as, intervals.states
    from exceptions left join intervals using (exception_id)
"""
CONTROLS = [
    "control_id", "title", "statement", "criteria", "owner", "severity", "frequency", "conclusion", "test performed",
    "population", "sample", "result", "units expected", "units covered", "coverage", "days", "deviations",
]  # fmt: skip
POPULATIONS = [
    "control_id", "what a row of Rows is", "members", "judged", "passed", "deviating", "unknown or pending", "excluded",
    "night of the hash", "population_hash", "IPE sheet", "open points of the sheet",
]  # fmt: skip


def _read_me(window: Window) -> Iterator[list[Any]]:
    yield ["", wording.NO_OPINION]
    yield ["Window", wording.period(window)]
    for sheet, what in READ_ME.items():
        yield [sheet, " ".join(what.split())]
    yield [
        "Limits",
        f"A sheet holds {SHEET_ROWS:,} rows: more go on in a second sheet of the name. A cell holds "
        f"{CELL_CHARACTERS:,} characters: longer texts are cut and say so. Lists and evidence are JSON, times are UTC.",
    ]


def _control(result: Result, window: Window) -> list[Any]:
    control, covered = result.control, result.coverage
    return [
        *(control[name] for name in ("control_id", "title", "statement", "criteria", "owner", "severity", "frequency")),
        result.conclusion,
        wording.test(result, window),
        wording.population(result, window),
        wording.sample(result),
        wording.outcome(result),
        covered.expected,
        covered.covered,
        covered.share,
        result.days,
        len(result.exceptions),
    ]


def _population(result: Result, window: Window) -> list[Any]:
    found, night, sheet = result.population, result.population["night"], result.sheet
    is_state = result.control["mode"] == "snapshot"
    return [
        result.id,
        "member of the last evaluated night" if is_state else "member judged on any night of the window",
        *(found[name] for name in ("members", "judged", "passed", "failed", "other", "excluded")),
        night["logical_date"] if night else None,
        night["population_hash"] if night else None,
        sheet["file"] if sheet else None,
        "\n".join(sheet["problems"]) if sheet else None,
    ]


def _samples(found: Iterable[Result]) -> Iterator[list[Any]]:
    for result in found:
        for draw in result.samples:
            for item in draw["items"]:
                yield [result.id, draw["file"], draw["seed"], *(item[name] for name in SAMPLES[3:])]


def _gaps(found: Iterable[Result]) -> Iterator[list[Any]]:
    for result in found:
        for gap in result.coverage.gaps:
            yield [result.id, gap.first, gap.last, gap.days, gap.cause, gap.replay]


class Sheets:
    """The sheets of one workbook, written row by row."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.heading = book.add_format({"bold": True, "bg_color": "#F4F6F8", "bottom": 1, "valign": "top"})
        self.formats = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }

    def query(
        self, records: Reader, name: str, columns: list[str], table: str, order: str, given: dict[str, Any]
    ) -> None:
        """Rows of a table of the records, fetched some at a time."""
        rows = records.chunks(
            f"select {', '.join(columns)} from {table} where list_contains($controls, control_id) order by {order}",
            given,
        )
        self.add(name, columns, rows)

    def add(self, name: str, columns: list[str], rows: Iterable[Sequence[Any]]) -> None:
        """A sheet, and others beside it (``Rows 2``) when one is full."""
        sheet, number, line = self._sheet(name, columns), 1, 0
        for row in rows:
            if line == SHEET_ROWS:
                number, line = number + 1, 0
                sheet = self._sheet(f"{name} {number}", columns)
            line += 1
            for column, value in enumerate(row):
                write_cell(sheet, line, column, _fitting(value), self.formats, name)

    def _sheet(self, name: str, columns: list[str]) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for column, head in enumerate(columns):
            sheet.set_column(column, column, WIDTHS.get(head, max(12, len(head) + 2)))
            sheet.write_string(0, column, head, self.heading)
        return sheet


def _fitting(value: Any) -> Any:
    """A text that a cell holds."""
    if isinstance(value, str) and len(value) > CELL_CHARACTERS:
        return value[: CELL_CHARACTERS - len(CUT)] + CUT
    return value

"""What of the handbook, of the scanners' demands and of the criteria is tested, and what is not.

Controls and what they answer come from dbt's manifest; what there is to answer, from the seeds ``handbook_rows``,
``scanner_demands`` and ``trust_services_criteria``. Nothing is counted that is written down anywhere else.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from soc2_warehouse import controls, transform
from soc2_warehouse.controls import Control
from soc2_warehouse.settings import Settings


@dataclass(frozen=True)
class HandbookRow:
    """A row of the guide. built: controls that answer it; missing: controls still planned for it."""

    id: str
    section: str
    content: str
    built: tuple[str, ...]
    missing: tuple[str, ...]
    artefacts: tuple[str, ...]

    @property
    def state(self) -> str:
        """tested, in part, untested, or document (no control is planned: a document answers it)."""
        if not self.built and not self.missing:
            return "document"
        if not self.built:
            return "untested"
        return "in part" if self.missing else "tested"


@dataclass(frozen=True)
class Demand:
    """A scanners' demand and the controls that answer it, or the reason why none has to."""

    id: str
    theme: str
    built: tuple[str, ...]
    out_of_scope: str

    @property
    def state(self) -> str:
        return "tested" if self.built else "out of scope" if self.out_of_scope else "untested"


@dataclass(frozen=True)
class Criterion:
    """A criterion and the controls that support it."""

    id: str
    category: str
    built: tuple[str, ...]

    @property
    def state(self) -> str:
        return "tested" if self.built else "untested"


@dataclass(frozen=True)
class Coverage:
    """Everything at once. planned: every control that the guide needs, built or not."""

    controls: tuple[Control, ...]
    rows: tuple[HandbookRow, ...]
    demands: tuple[Demand, ...]
    criteria: tuple[Criterion, ...]

    @cached_property
    def planned(self) -> frozenset[str]:
        return frozenset(name for row in self.rows for name in (*row.built, *row.missing))

    @property
    def figures(self) -> list[tuple[str, str]]:
        """The numbers of the README: what is counted, and how much of it there is."""
        built = {control.id for control in self.controls}
        codes = sum(len(control.codes) for control in self.controls)
        rows = Counter(row.state for row in self.rows)
        demands = Counter(demand.state for demand in self.demands)
        criteria = Counter(criterion.state for criterion in self.criteria)
        return [
            ("controls", f"{len(built & self.planned)} of {len(self.planned)}, with {codes} codes"),
            (
                "handbook rows",
                f"{len(self.rows)}: {rows['tested']} tested, {rows['in part']} in part, {rows['untested']} untested, "
                f"{rows['document']} answered by a document",
            ),
            (
                "scanners' demands",
                f"{len(self.demands)}: {demands['tested']} tested, {demands['out of scope']} out of scope, "
                f"{demands['untested']} untested",
            ),
            (
                "criteria",
                f"{len(self.criteria)}: {criteria['tested']} supported by a control, {criteria['untested']} not",
            ),
        ]

    def markdown(self) -> str:
        """``figures`` as the README shows them."""
        lines = [f"| {name} | {figure} |" for name, figure in self.figures]
        return "\n".join(["| what | covered |", "|---|---|", *lines])


def load(settings: Settings) -> Coverage:
    """Read the project. Raises RuntimeError when dbt cannot, controls.ControlError for unusable declarations."""
    run = transform.read_project(settings, {"parameters": {}})
    if not run.success:
        raise RuntimeError(f"dbt cannot read the project: {run.error}")
    return of(settings, controls.load(settings.dbt_target / "manifest.json"))


def of(settings: Settings, declared: Sequence[Control]) -> Coverage:
    """What these controls cover."""
    seeds = settings.dbt_project / "seeds"
    built = {control.id for control in declared}
    rows = []
    for line in _lines(seeds / "handbook_rows.csv"):
        answering = [control.id for control in declared if line["row_id"] in control.handbook_rows]
        missing = [name for name in _texts(line["planned_controls"]) if name not in built]
        rows.append(
            HandbookRow(
                line["row_id"],
                line["section"],
                line["content"],
                tuple(sorted(answering)),
                tuple(missing),
                _texts(line["artefacts"]),
            )
        )
    demands = [
        Demand(
            line["demand_id"],
            line["theme"],
            tuple(sorted(control.id for control in declared if line["demand_id"] in control.demands)),
            line["out_of_scope_reason"],
        )
        for line in _lines(seeds / "scanner_demands.csv")
    ]
    criteria = [
        Criterion(
            line["criterion"],
            line["category"],
            tuple(sorted(control.id for control in declared if line["criterion"] in control.criteria)),
        )
        for line in _lines(seeds / "trust_services_criteria.csv")
    ]
    return Coverage(tuple(declared), tuple(rows), tuple(demands), tuple(criteria))


def show(on: Console, coverage: Coverage) -> None:
    """Print the figures, the three crossings, and what is untested."""
    _table(on, "", ("what", "covered"), coverage.figures)
    _table(
        on,
        "Handbook rows × controls",
        ("row", "section", "state", "controls", "still planned"),
        [(r.id, r.section, r.state, " ".join(r.built), " ".join(r.missing or r.artefacts)) for r in coverage.rows],
    )
    _table(
        on,
        "Scanners' demands × controls",
        ("demand", "theme", "state", "controls"),
        [(d.id, d.theme, d.state, " ".join(d.built) or d.out_of_scope) for d in coverage.demands],
    )
    _table(
        on,
        "Criteria × controls",
        ("criterion", "category", "state", "controls"),
        [(c.id, c.category, c.state, " ".join(c.built)) for c in coverage.criteria],
    )
    built = {control.id for control in coverage.controls}
    _untested(on, "controls not built", sorted(coverage.planned - built))
    _untested(on, "handbook rows untested", [row.id for row in coverage.rows if row.state == "untested"])
    _untested(on, "demands untested", [demand.id for demand in coverage.demands if demand.state == "untested"])
    _untested(on, "criteria without a control", [c.id for c in coverage.criteria if c.state == "untested"])


def _table(on: Console, title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    table = Table(title=title or None, box=box.SIMPLE, title_justify="left", title_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*row)
    on.print(table)


def _untested(on: Console, what: str, names: Sequence[str]) -> None:
    on.print(f"[bold]{len(names)} {what}[/]" + (f": {', '.join(names)}" if names else ""), soft_wrap=True)


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _texts(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(";")) if cell else ()

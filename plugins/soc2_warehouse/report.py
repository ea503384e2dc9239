"""What a person sees of a run: progress while it works and a summary at its end, on a terminal or in a log."""

from __future__ import annotations

import resource
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TextIO

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from soc2_warehouse.steps import Step

#: Glyph and style of a verdict; ``none``: the control was not judged that day.
MARKS = {"pass": ("●", "green"), "fail": ("✗", "bold red"), "not_tested": ("○", "yellow"), "none": ("·", "dim")}
#: Columns of a table that is not on a terminal.
LOG_WIDTH = 140
WORDS = {"pass": "pass", "fail": "FAIL", "not_tested": "not tested"}


@dataclass(frozen=True)
class Line:
    """One control on one day, as the ledger has it. ``why``: the reason it was not tested, or what it found."""

    control_id: str
    status: str
    population: int
    exceptions: int
    why: str = ""


@dataclass
class Tally:
    """Observes the steps of a run and adds up what they cost."""

    console: Console
    steps: list[Step] = field(default_factory=list)
    detailed: bool = True

    def __call__(self, step: Step) -> None:
        if step.state == "waiting":
            self.console.print(f"  [yellow]…[/] {step.stage}: {step.note}")
        if step.state in ("started", "waiting"):
            return
        self.steps.append(step)
        if self.detailed:
            glyph = {"done": "[green]✓[/]", "skipped": "[dim]–[/]", "failed": "[red]✗[/]"}[step.state]
            label = Text(f"{step.stage} {step.name}".strip().ljust(24))
            note = Text(
                shorten(step.note, 400 if step.state == "failed" else 90), style="red" if step.state == "failed" else ""
            )
            self.console.print(f"  {glyph}", label, f"{step.seconds:6.1f} s ", note)

    def seconds(self, *stages: str) -> float:
        return sum(step.seconds for step in self.steps if step.stage in stages)

    def failed(self) -> dict[str, str]:
        """The last word of each step that did not end well: label → error."""
        last = {f"{step.stage} {step.name}".strip(): step for step in self.steps}
        return {label: step.note for label, step in last.items() if step.state == "failed"}

    def lacks(self) -> list[str]:
        """What the evidence of the newest judged night lacks: signature, timestamp, anchor."""
        judged = [step for step in self.steps if step.stage == "judge"]
        return list(judged[-1].facts.get("lacks", [])) if judged else []

    def calls(self) -> dict[str, int]:
        """API calls per source, attempts added up."""
        found: Counter[str] = Counter()
        for step in self.steps:
            if step.stage == "extract":
                found[step.name] += step.facts.get("api_calls", 0)
        return dict(found)


def console(stream: TextIO | None = None) -> Console:
    """A console that is as readable in a file as on a terminal."""
    stream = stream or sys.stdout
    width = None if stream.isatty() else LOG_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=not stream.isatty())


def pager_console(color: bool) -> Console:
    """A console for tables that may go through a pipe (``| less -R``) and keep their colours; NO_COLOR wins."""
    wide = None if sys.stdout.isatty() else LOG_WIDTH
    return Console(width=wide, highlight=False, force_terminal=color or None, no_color=None if color else True)


def shorten(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def verdicts(on: Console, day: date, lines: Sequence[Line], titles: Mapping[str, str]) -> None:
    """Every control with its verdict, counts and why."""
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"Controls on {day}",
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        expand=True,
    )
    table.add_column("control", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("population", justify="right", no_wrap=True)
    table.add_column("exceptions", justify="right", no_wrap=True)
    table.add_column("what it shows", no_wrap=True, ratio=2)
    table.add_column("why", ratio=3, overflow="fold")
    family = ""
    for line in sorted(lines, key=lambda line: line.control_id):
        if family and not line.control_id.startswith(family):
            table.add_section()
        family = line.control_id.partition("-")[0]
        glyph, style = MARKS[line.status]
        table.add_row(
            line.control_id,
            Text(f"{glyph} {WORDS[line.status]}", style=style),
            f"{line.population:,}",
            f"{line.exceptions:,}" if line.exceptions else "",
            titles.get(line.control_id, ""),
            shorten(line.why, 160),
        )
    on.print(table, soft_wrap=False)
    on.print(count(line.status for line in lines))


def count(statuses: Iterable[str]) -> str:
    """One sentence on how many of each."""
    found = Counter(statuses)
    total = sum(found.values())
    return f"{total} controls: {found['pass']} pass, {found['fail']} fail, {found['not_tested']} not tested."


def costs(on: Console, stages: Mapping[str, float], calls: Mapping[str, int]) -> None:
    """How long each stage took, calls per source, peak memory."""
    on.print("Time      " + " · ".join(f"{name} {seconds:.1f} s" for name, seconds in stages.items()))
    if calls:
        told = ", ".join(f"{name} {number:,}" for name, number in sorted(calls.items()))
        on.print(f"API calls {sum(calls.values()):,}: {told}")
    on.print(f"Memory    {peak_mebibytes():,.0f} MiB at most")


def peak_mebibytes() -> float:
    """The most memory this process has had resident, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kibibytes, macOS bytes.
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def evidence(on: Console, lacks: Sequence[str]) -> None:
    """One line, and only when the evidence is not in order."""
    if lacks:
        on.print(f"[yellow]Evidence[/]  {escape('; '.join(lacks))}", soft_wrap=True)


def period(on: Console, days: Sequence[date], by_control: Mapping[str, Mapping[date, str]]) -> None:
    """Control × day: one glyph per night, the newest on the right."""
    width = max((on.width or 120) - 34, 14)
    for start in range(0, len(days), width):
        part = days[start : start + width]
        on.print(
            f"\n[bold]{part[0]} … {part[-1]}[/]   "
            + "  ".join(f"[{s}]{g}[/] {WORDS.get(n, 'not judged')}" for n, (g, s) in MARKS.items())
        )
        for control_id in sorted(by_control):
            nights = by_control[control_id]
            strip = Text(f"{control_id:8}")
            for day in part:
                glyph, style = MARKS[nights.get(day, "none")]
                strip.append(glyph, style=style)
            found = Counter(nights.get(day, "none") for day in part)
            strip.append(f"  {found['pass']:>3} ● {found['fail']:>3} ✗ {found['not_tested']:>3} ○", style="dim")
            on.print(strip)

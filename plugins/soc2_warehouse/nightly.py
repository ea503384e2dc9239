"""One night, for real: the nightly DAGs, once, through an embedded Airflow in this process.

Without a configured connection the run reads the sandbox company over HTTP; with one it reads the real systems. The two
never share a home: evidence of an imaginary company must not lie beside the real one's.
"""

from __future__ import annotations

import dataclasses
import os
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from soc2_warehouse import report, results, steps, tasks
from soc2_warehouse.clock import Clock, current_day
from soc2_warehouse.settings import Settings

if TYPE_CHECKING:
    from soc2_warehouse.embedded import DagOutcome

WORKED = 0
#: The night is not judged or not published; the last published file stays.
BROKEN = 1
#: Judged and published, but a source could not be read: what needs it is not tested.
INCOMPLETE = 3
INTERRUPTED = 130
LOCK_SECONDS = 3600.0

STAGES = {
    "extraction": ("extract", "close"),
    "load": ("load",),
    "dbt": ("evaluate",),
    "GX and verdicts": ("judge",),
    "publish": ("publish",),
}


@dataclass(frozen=True)
class Company:
    """Whose night it is. ``day``: the newest one that can be observed, or the one asked for."""

    name: str
    day: date
    imagined: bool = False


def run(settings: Settings, day: date | None = None) -> int:
    """Run the night of ``day`` (default: the newest). Returns the exit status: WORKED whatever the controls say,
    INCOMPLETE when a source could not be read, BROKEN with an error a person can act on.
    """
    return guarded(settings, "nightly", lambda console, log: _night(settings, day, console, log))


def guarded(settings: Settings, name: str, work: Callable[[Console, Path], int]) -> int:
    """Run ``work`` with one voice on the screen and everything else in a log; its errors become an exit status.

    One such run at a time in a home: a second one waits, and gives up after an hour.
    """
    from soc2_warehouse import warehouse
    from soc2_warehouse.embedded import quietly

    log = settings.home / "logs" / f"{name}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.log"
    with quietly(log) as stream:
        console = report.console(stream)
        # The lock of the build file is held per stage; this one keeps the stages of two nights from interleaving.
        whole_run = dataclasses.replace(settings, home=settings.airflow_home)
        try:
            with warehouse.writing(whole_run, LOCK_SECONDS, say=lambda text: console.print(f"[yellow]…[/] {text}")):
                return work(console, log)
        except KeyboardInterrupt:
            console.print("\n[yellow]Interrupted.[/] What was landed stays; run it again to finish the night.")
            return INTERRUPTED
        except (steps.PipelineBroken, warehouse.Busy, ValueError, OSError) as error:
            traceback.print_exc()
            console.print(f"\n[bold red]{name} broke:[/] {escape(str(error))}")
        except Exception as error:
            traceback.print_exc()
            console.print(f"\n[bold red]{name} broke:[/] unexpected {type(error).__name__}: {escape(str(error))}")
        console.print(f"The whole story: {log}")
        return BROKEN


@contextmanager
def company(settings: Settings, day: date | None) -> Iterator[Company]:
    """The company to read: the sandbox, served for this block, or the real one; the tasks run in its time."""
    from soc2_warehouse.sandbox import serve

    if not serve.is_wanted():
        claim(settings, "the real systems")
        newest = current_day(Clock().now(), settings.observed_at)
        with within(tasks.Circumstances(triggered_by="nightly")):
            yield Company("the real systems", day or newest)
        return
    claim(settings, "the sandbox company")
    with (
        serve.Sandbox(settings, day) as sandbox,
        sandbox.as_environment(),
        within(tasks.Circumstances(sandbox.clock, "demo", "nightly")),
    ):
        sandbox.land_exports()
        yield Company("the sandbox company", sandbox.day, imagined=True)


@contextmanager
def within(circumstances: tasks.Circumstances) -> Iterator[None]:
    """Let the tasks of this process run in these circumstances, for this block."""
    before, tasks.circumstances = tasks.circumstances, circumstances
    try:
        yield
    finally:
        tasks.circumstances = before


def claim(settings: Settings, owner: str) -> None:
    """Mark this home as one company's for ever. Raises PipelineBroken when it is another one's."""
    mark = settings.home / ".company"
    settings.home.mkdir(parents=True, exist_ok=True)
    if not mark.exists():
        mark.write_text(owner)
    if (found := mark.read_text()) != owner:
        raise steps.PipelineBroken(
            f"{settings.home} holds the evidence of {found}; this run would read {owner}. "
            "Give it a home of its own, for example SOC2_HOME=./var-real, or unset the AIRFLOW_CONN_* variables."
        )


def _night(settings: Settings, day: date | None, console: Console, log: Path) -> int:
    from soc2_warehouse.embedded import Airflow

    started = time.monotonic()
    with company(settings, day) as source:
        served = time.monotonic() - started
        console.print(f"[bold]Night of {source.day}[/], reading {source.name}. Starting Airflow …")
        airflow = Airflow(settings)
        tally = report.Tally(console)
        steps.observers.append(tally)
        try:
            fetched = airflow.run("soc2_extract", source.day)
            judged = airflow.run("soc2_controls", source.day)
            broken = judged.ended("failed", "upstream_failed", "none")
            grid = None if broken else airflow.run("soc2_verdicts", source.day)
        finally:
            steps.observers.remove(tally)
    failures = tally.failed()
    if broken:
        told = "; ".join(failures.get(task) or "" for task in judged.ended("failed")) or "see the log"
        raise steps.PipelineBroken(f"soc2_controls failed at {', '.join(judged.ended('failed') or broken)}: {told}")
    assert grid is not None
    lines = results.lines(source.day)
    report.verdicts(console, source.day, lines, results.titles())
    shown = sum(len(grid.ended(state)) for state in ("success", "failed", "skipped"))
    if shown != len(lines) or len(grid.ended("failed")) != sum(line.status == "fail" for line in lines):
        raise steps.PipelineBroken(f"the grid of soc2_verdicts shows {shown} controls, the ledger has {len(lines)}")
    stages = {name: tally.seconds(*parts) for name, parts in STAGES.items()}
    total = time.monotonic() - started
    console.print()
    stages |= {"Airflow": total - served - sum(stages.values()), "sandbox" if source.imagined else "set-up": served}
    report.costs(console, {"total": total, **stages}, tally.calls())
    report.evidence(console, tally.lacks())
    console.print(f"Published {settings.published_file}", soft_wrap=True)
    console.print(f"Log       {log}", soft_wrap=True)
    return _unread(console, fetched, failures)


def _unread(console: Console, fetched: DagOutcome, failures: dict[str, str]) -> int:
    """Tell which sources could not be read, and whether that leaves the night incomplete."""
    red = [name for name in fetched.ended("failed", "upstream_failed") if name != "complete"]
    if red:
        console.print(f"\n[bold red]Not everything could be read[/] ({', '.join(red)}):")
        for name in red:
            console.print(
                f"  {name}: {report.shorten(failures.get(f'extract {name}', 'see the log'), 600)}", markup=False
            )
    if "complete" not in fetched.ended("failed", "upstream_failed"):
        if red:
            console.print("An earlier run of this day had read these tables; it counts.")
        return WORKED
    console.print("The night is judged and published; what needs the missing tables is not tested. Mend it, run again.")
    return INCOMPLETE

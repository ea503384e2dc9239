"""Many nights of the sandbox company in one process: the functions of the DAG tasks, without Airflow's overhead."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from soc2_warehouse import nightly, report, selection, steps, tasks, unreadable
from soc2_warehouse.selection import Selection
from soc2_warehouse.settings import Settings

if TYPE_CHECKING:
    from soc2_warehouse.sandbox.serve import Sandbox


def run(settings: Settings, nights: int, start: date | None = None, chosen: Selection | None = None) -> int:
    """Play ``nights`` nights from ``start`` (default: after the newest landed one). Exit status as ``nightly.run``.

    chosen: limit a new home to these controls and sources; a home that was limited stays so.
    """
    wanted = chosen or Selection()
    return nightly.guarded(
        settings, "simulate", lambda console, log: _play(settings, nights, start, wanted, console, log)
    )


def limit(settings: Settings, wanted: Selection) -> Selection:
    """What this home is limited to, after it was limited as ``wanted``, and claimed for it.

    Raises ValueError when the home has nights of another selection, PipelineBroken when it is another company's.
    """
    from soc2_warehouse.landing import Landing

    if wanted and wanted != selection.read(settings):
        if Landing(settings.landing_url).list("_receipts"):
            raise ValueError("nights of other controls or sources are played in this home: use another SOC2_HOME")
        selection.write(settings, wanted)
    found = selection.read(settings)
    nightly.claim(settings, "the sandbox company" + (f", {found.told()}" if found else ""))
    return found


def first_night(settings: Settings, start: date | None) -> date:
    """The night to begin with. Raises ValueError for one that is over: its snapshots cannot be fetched any more."""
    from soc2_warehouse.landing import Landing
    from soc2_warehouse.sandbox import serve

    if not Landing(settings.landing_url).list("_receipts"):
        return start or serve.FIRST_DAY
    newest = serve.default_day(settings)
    if start is not None and start < newest:
        raise ValueError(f"{start} is over: {newest} is landed here; begin there or later, or use another SOC2_HOME")
    return start or newest + timedelta(days=1)


def _play(settings: Settings, nights: int, start: date | None, wanted: Selection, console: Console, log: Path) -> int:
    from soc2_warehouse.sandbox import serve

    if not serve.is_wanted():
        raise ValueError("connections to real systems are configured: only the sandbox company's nights can be played")
    chosen = limit(settings, wanted)
    first = first_night(settings, start)
    days = [first + timedelta(days=number) for number in range(nights)]
    console.print(f"[bold]{nights} nights[/] of the sandbox company, {days[0]} … {days[-1]}")
    if chosen:
        console.print(f"[yellow]{chosen.notice()}[/]")
    tally = report.Tally(console, detailed=False)
    unread: set[date] = set()
    before: dict[str, str] = {}
    played: dict[str, dict[date, str]] = {}
    started = time.monotonic()
    steps.observers.append(tally)
    try:
        with serve.Sandbox(settings, first, sources=chosen.sources) as sandbox, sandbox.as_environment():
            for number, day in enumerate(days, start=1):
                since = time.monotonic()
                problems, now = night(sandbox, day, is_last=day == days[-1], sources=chosen.sources)
                if problems:
                    unread.add(day)
                changed = [f"{c} {before[c]}→{now[c]}" for c in sorted(now) if c in before and before[c] != now[c]]
                left = (time.monotonic() - started) / number * (nights - number)
                console.print(
                    f"  {number:>{len(str(nights))}}/{nights} {day}  {time.monotonic() - since:5.1f} s  "
                    + report.count(now.values())
                    + (f" Changed: {report.shorten(', '.join(changed), 90)}." if changed else "")
                    + (f" [red]Not read: {', '.join(problems)}[/]." if problems else "")
                    + (f" [dim]{left / 60:.0f} min left[/]" if left > 90 else "")
                )
                before = now
                for control_id, status in now.items():
                    played.setdefault(control_id, {})[day] = status
            # Readers are shown the last night only: the marts hold the whole history anyway.
            tasks.publish(days[-1])
    finally:
        steps.observers.remove(tally)
    report.period(console, days, played)
    total = time.monotonic() - started
    stages = {name: tally.seconds(*parts) for name, parts in nightly.STAGES.items()}
    console.print()
    report.costs(console, {"total": total, **stages, "sandbox": total - sum(stages.values())}, tally.calls())
    report.evidence(console, tally.lacks())
    console.print(f"Published {settings.published_file}", soft_wrap=True)
    console.print(f"Log       {log}", soft_wrap=True)
    return nightly.INCOMPLETE if unread else nightly.WORKED


def night(
    sandbox: Sandbox, day: date, is_last: bool = True, sources: Sequence[str] = ()
) -> tuple[dict[str, str], dict[str, str]]:
    """One night: the sources that could not be read completely with their errors, and control → status.

    is_last: what only marts and pages read is built too. sources: only these, default all.
    """
    sandbox.set_day(day)
    sandbox.land_exports()
    with nightly.within(tasks.Circumstances(sandbox.clock, "demo", "simulate")):
        problems = fetch(day, sources)
        tasks.load(day)
        tasks.evaluate(day, marts_follow=is_last)
        return problems, tasks.judge(day, docs=is_last)


def fetch(day: date, sources: Sequence[str] = ()) -> dict[str, str]:
    """Every source, once; the sources that could not be read completely, with their errors."""
    problems = {}
    for source in sources or tasks.source_names():
        try:
            tasks.extract(source, day)
        except (unreadable.SourceUnreadable, unreadable.CredentialsRefused, unreadable.WrongDay) as error:
            problems[source] = str(error)
    tasks.close(day)
    return problems

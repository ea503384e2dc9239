"""Many nights of the sandbox company in one process: the functions of the DAG tasks, without Airflow's overhead."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console

from soc2_warehouse import nightly, report, steps, tasks, unreadable
from soc2_warehouse.settings import Settings


def run(settings: Settings, nights: int, start: date | None = None) -> int:
    """Play ``nights`` nights from ``start`` (default: after the newest landed one). Exit status as ``nightly.run``."""
    return nightly.guarded(settings, "simulate", lambda console, log: _play(settings, nights, start, console, log))


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


def _play(settings: Settings, nights: int, start: date | None, console: Console, log: Path) -> int:
    from soc2_warehouse.sandbox import serve

    if not serve.is_wanted():
        raise ValueError("connections to real systems are configured: only the sandbox company's nights can be played")
    nightly.claim(settings, "the sandbox company")
    first = first_night(settings, start)
    days = [first + timedelta(days=number) for number in range(nights)]
    console.print(f"[bold]{nights} nights[/] of the sandbox company, {days[0]} … {days[-1]}")
    tally = report.Tally(console, detailed=False)
    unread: set[date] = set()
    before: dict[str, str] = {}
    played: dict[str, dict[date, str]] = {}
    started = time.monotonic()
    steps.observers.append(tally)
    try:
        with serve.Sandbox(settings, first) as sandbox, sandbox.as_environment():
            for number, day in enumerate(days, start=1):
                since = time.monotonic()
                sandbox.set_day(day)
                sandbox.land_exports()
                with nightly.within(tasks.Circumstances(sandbox.clock, "demo", "simulate")):
                    problems = fetch(day)
                    tasks.load(day)
                    tasks.evaluate(day)
                    now = tasks.judge(day, docs=day == days[-1])
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


def fetch(day: date) -> dict[str, str]:
    """Every source, once; the sources that could not be read completely, with their errors."""
    problems = {}
    for source in tasks.source_names():
        try:
            tasks.extract(source, day)
        except (unreadable.SourceUnreadable, unreadable.CredentialsRefused, unreadable.WrongDay) as error:
            problems[source] = str(error)
    tasks.close(day)
    return problems

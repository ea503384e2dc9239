"""The commands of ``soc2`` that an auditor asks for: samples, IPE sheets, a past day judged again, exceptions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from soc2_warehouse.settings import settings

Control = Annotated[str, typer.Argument(help="control, such as CM-03", metavar="CONTROL")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (sample, ipe, replay, exceptions):
        app.command()(command)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write YYYY-MM-DD") from None


def sample(
    control: Control,
    start: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="first day of the window")],
    end: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="last day of the window")],
    freeze: Annotated[bool, typer.Option("--freeze", help="write the population down, before there is a seed")] = False,
    seed: Annotated[str | None, typer.Option(help="the auditor's text")] = None,
    seed_file: Annotated[Path | None, typer.Option(help="file that holds the seed, not older than the freeze")] = None,
    seed_at: Annotated[str | None, typer.Option(metavar="TIME", help="when the seed was given (default: now)")] = None,
    size: Annotated[int | None, typer.Option(help="how many, instead of the table's number")] = None,
    by: Annotated[str | None, typer.Option(help="stratify by month, system or severity")] = None,
    unit: Annotated[str | None, typer.Option(help="with --freeze: day or entity-day, for a control of states")] = None,
    risk: Annotated[str | None, typer.Option(help="column of the table: low, default or high")] = None,
    statistical: Annotated[bool, typer.Option("--statistical", help="the smallest sample that shows it")] = False,
    confidence: Annotated[str | None, typer.Option(help="with --statistical, such as 0.90")] = None,
    tolerable: Annotated[str | None, typer.Option(help="with --statistical: share of deviations, such as 0.10")] = None,
    sizes: Annotated[Path | None, typer.Option(help="the auditor's own tables of sizes (YAML)")] = None,
    replace: Annotated[str | None, typer.Option(metavar="KEY", help="replace this key of the newest draw")] = None,
    reason: Annotated[str | None, typer.Option(help="why it is replaced")] = None,
    version: Annotated[int | None, typer.Option(help="frozen version to use (default: the newest)")] = None,
) -> None:
    """Draw an auditor's sample: freeze the population first, then take the seed."""
    from soc2_warehouse.evidence import freezing, samples, sampling
    from soc2_warehouse.evidence.showing import show_draw, show_frozen, show_replacement
    from soc2_warehouse.report import console

    window, now = (_date(start), _date(end)), datetime.now(UTC)
    given = [name for name, value in (("--seed", seed), ("--seed-file", seed_file)) if value is not None]
    try:
        if freeze:
            if given or replace:
                raise sampling.SamplingError(
                    f"--freeze does not go with {(given or ['--replace'])[0]}: freeze first, then ask for the seed"
                )
            show_frozen(console(), freezing.freeze(settings(), control, *window, now, unit))
            return
        if unit:
            raise sampling.SamplingError("--unit goes with --freeze: the unit makes the population")
        if risk and risk not in sampling.RISKS:
            raise sampling.SamplingError(f"--risk is {', '.join(sampling.RISKS)}")
        source = freezing.frozen(settings(), control, *window, version)
        if replace:
            drawn = samples.newest_draw(source, seed)
            show_replacement(console(), samples.replace(settings(), source, drawn, replace, reason or "", now))
            return
        if len(given) != 1:
            raise sampling.SamplingError("give --freeze, or the auditor's seed with --seed or --seed-file")
        at = samples.moment(seed_at) if seed_at else now
        if seed_file:
            at = min(at, datetime.fromtimestamp(seed_file.stat().st_mtime, UTC))
            seed = seed_file.read_text(encoding="utf-8").strip()
        wish = samples.Wish(seed or "", at, size, by, risk, statistical, confidence, tolerable, sizes or sampling.SIZES)
        show_draw(console(), samples.draw(settings(), source, wish, now))
    except (sampling.SamplingError, OSError) as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from None


def ipe(
    control: Control,
    day: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="logical day (default: the newest)")] = None,
    out: Annotated[
        Path | None, typer.Option(help="file to write: .html, .md or .json (default: Markdown here)")
    ] = None,
) -> None:
    """Write the IPE sheet of a control's population: where the list comes from, and that it is whole.

    Exit status: 0 the sheet is complete, 1 something is missing (the sheet names it), 2 there is no such population.
    """
    from soc2_warehouse.evidence import ipe as sheets
    from soc2_warehouse.evidence import ipe_render

    form = ipe_render.FORMATS.get(out.suffix if out else ".md")
    if form is None:
        raise typer.BadParameter(f"--out ends in {', '.join(ipe_render.FORMATS)}")
    try:
        found = sheets.sheet(settings(), control, _date(day) if day else None)
    except sheets.NoSheet as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(2) from None
    text = form(found)
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        typer.echo(text)
    for missing in found.problems:
        typer.echo(f"not complete: {missing}", err=True)
    raise typer.Exit(0 if found.complete else 1)


def replay(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="logical day to judge again")],
    code: Annotated[str, typer.Option(help="then: the commit of that day; now: today's")] = "then",
    parameters: Annotated[str, typer.Option(help="then: the values of that day; now: today's")] = "then",
) -> None:
    """Judge a past day again from its sealed inputs, and show every difference. Writes nothing.

    Exit status: 0 it came out the same, 1 it did not, 2 it cannot be judged again as asked.
    """
    from soc2_warehouse.evidence import replay as replaying
    from soc2_warehouse.evidence.showing import show_replay
    from soc2_warehouse.report import console

    for name, value in (("--code", code), ("--parameters", parameters)):
        if value not in (replaying.THEN, replaying.NOW):
            raise typer.BadParameter(f"{name} is then or now")
    try:
        found = replaying.replay(settings(), _date(day), code, parameters)
    except replaying.ReplayRefused as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(2) from None
    show_replay(console(), found)
    raise typer.Exit(0 if found.equal else 1)


def exceptions(
    control: Annotated[str | None, typer.Option(help="only of this control")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="of this state; may be repeated (default: not closed)")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="only those past their due date")] = False,
    limit: Annotated[int, typer.Option(min=1, help="how many lines at most")] = 50,
) -> None:
    """List exceptions as they stand after the newest night, and the decisions about them."""
    from soc2_warehouse.evidence.listing import NothingJudged, listing
    from soc2_warehouse.evidence.showing import show_exceptions
    from soc2_warehouse.report import console

    try:
        found = listing(settings(), control, state or (), overdue)
    except NothingJudged as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from None
    show_exceptions(console(), found, limit)

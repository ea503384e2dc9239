"""``soc2 package``: the auditor's package of a window."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from soc2_warehouse.settings import settings


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(package)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write YYYY-MM-DD") from None


def package(
    start: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="first day of the window")],
    end: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="last day; for Type I the as-of day")],
    criteria: Annotated[
        list[str] | None, typer.Option(help="only controls that support it, such as CC6.1; may be repeated")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="where to write it (default: packages/ of the home)")
    ] = None,
) -> None:
    """Write the auditor's package of a window: one folder and one zip, verified, signed, the same bytes every time.

    Exit status: 0 it is written; 1 something is missing or broken, and nothing is written: the message names it.
    """
    from soc2_warehouse.package import Refused, build
    from soc2_warehouse.warehouse import Busy

    asked = [one.strip() for text in criteria or () for one in text.split(",") if one.strip()]
    try:
        made = build.make(
            settings(), _date(start), _date(end), asked, out, lambda step: typer.echo(f"… {step}", err=True)
        )
    except (Refused, Busy) as problem:
        typer.echo(f"no package: {problem}", err=True)
        raise typer.Exit(1) from None
    for word, number in made.content.counts:
        if number:
            typer.echo(f"{number:>5}  {word.lower()}")
    typer.echo(f"{made.folder}: {made.files} files, {made.size / 1e6:.1f} MB")
    typer.echo(f"{made.archive}: {made.zipped / 1e6:.1f} MB")

"""``soc2 review …``"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from soc2_warehouse.settings import settings

app = typer.Typer(no_args_is_help=True, help="Access reviews: open, decide, close with a signature, verify.")

System = Annotated[str, typer.Argument(help="system to review, as the register `systems` names it")]
Period = Annotated[str, typer.Argument(help="quarter, such as 2026-Q2")]
Review = Annotated[str, typer.Argument(help="review, such as AR-2026-Q2-okta")]
By = Annotated[str, typer.Option("--by", help="who you are: employee number, contractor id or work address")]


@contextmanager
def _told() -> Iterator[None]:
    """What a person must mend is told, and the command ends with 1."""
    from soc2_warehouse.evidence.keys import KeyProblem
    from soc2_warehouse.reviews.campaign import ReviewProblem

    try:
        yield
    except (ReviewProblem, KeyProblem, FileExistsError) as problem:
        told = f"{problem.filename} is there already; name another" if isinstance(problem, FileExistsError) else problem
        typer.echo(told, err=True)
        raise typer.Exit(1) from None


def _somebody() -> str:
    """Who runs the command, where no decision hangs on it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@app.command("open")
def open_(
    system: System,
    period: Period,
    reviewer: Annotated[str | None, typer.Option(help="default: access_reviewer of the register systems")] = None,
    deputy: Annotated[str | None, typer.Option(help="who decides on the reviewer's own accounts")] = None,
) -> None:
    """Open a review: freeze the lines that the newest night shows."""
    from soc2_warehouse.reviews import campaign, opening

    with _told():
        at = campaign.now(settings())
        found = opening.open_review(settings(), system, period, at, _somebody(), reviewer, deputy)
        typer.echo(
            f"{found.review_id}: {len(found.lines)} lines, snapshot {found.facts['snapshot_at']}, due {found.due_date}"
        )


@app.command()
def renew(review: Review) -> None:
    """Take the snapshot again from the newest night; decisions stay on lines that look as they did."""
    from soc2_warehouse.reviews import campaign, opening

    with _told():
        found = opening.renew(settings(), review, campaign.now(settings()), _somebody())
        typer.echo(f"{review}: {len(found.lines)} lines, {len(found.undecided)} to decide")


@app.command()
def reassign(
    review: Review,
    to: Annotated[str, typer.Option(help="the new reviewer")],
    deputy: Annotated[str | None, typer.Option(help="who decides on the new reviewer's own accounts")] = None,
) -> None:
    """Give a review to another reviewer, who signs it."""
    from soc2_warehouse.reviews import campaign, opening

    with _told():
        found = opening.reassign(settings(), review, to, deputy, campaign.now(settings()), _somebody())
        typer.echo(f"{review}: {found.reviewer} reviews")


@app.command()
def export(review: Review, file: Annotated[Path, typer.Argument(help="new xlsx file")]) -> None:
    """Write a review as a spreadsheet, to be decided there."""
    from soc2_warehouse.reviews import campaign, sheet

    with _told():
        lines = sheet.write(settings(), review, file, campaign.now(settings()), _somebody())
        typer.echo(f"{file}: {lines} lines")


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="xlsx file that was exported and filled")], by: By) -> None:
    """Take the decisions of a spreadsheet into its review: every one, or none."""
    from soc2_warehouse.reviews import campaign, sheet

    with _told():
        done = sheet.read(settings(), file, campaign.now(settings()), by)
        typer.echo(f"{file}: {done.decided} lines decided, {done.known} as before, {done.empty} still open")


@app.command()
def close(review: Review, by: By) -> None:
    """Close a review whose lines are all decided: write its report and sign it."""
    from soc2_warehouse.reviews import campaign, closing

    with _told():
        done = closing.close(settings(), review, (by,), campaign.now(settings()))
        assert done.closed is not None
        typer.echo(f"{done.folder / 'report.html'}, signed: {done.closed['report_sha256']}")


@app.command()
def report(
    review: Review,
    file: Annotated[Path, typer.Option(help="where to write the page ('-' is standard output)")] = Path("-"),
) -> None:
    """Print the report: the signed one, or, of an open review, a draft that says what is missing."""
    from soc2_warehouse.reviews import campaign, closing

    with _told():
        found = campaign.load(settings(), review)
        page = (found.folder / "report.html").read_text() if found.closed else closing.draft(settings(), review)
        if str(file) == "-":
            sys.stdout.write(page)
        else:
            with file.open("x", encoding="utf-8") as stream:
                stream.write(page)


@app.command()
def verify(review: Review) -> None:
    """Check the events, the report and the signature of a closed review."""
    from soc2_warehouse.reviews import signing

    with _told():
        for line in signing.verify(settings(), review):
            typer.echo(line)


@app.command()
def status(review: Annotated[str | None, typer.Argument(help="one review, line by line")] = None) -> None:
    """Every review with what is missing; one review with what changed, and what became of what was revoked."""
    from soc2_warehouse.reviews import campaign, showing

    with _told():
        found = campaign.names(campaign.place(settings())) if review is None else [review]
        if not found:
            typer.echo("no review was opened in this home: soc2 review open SYSTEM QUARTER")
        for name in found:
            for line in showing.told(settings(), name, detailed=review is not None):
                typer.echo(line)


@app.command()
def propose(
    system: System,
    period: Period,
    file: Annotated[Path, typer.Option(help="where to write the CSV ('-' is standard output)")] = Path("-"),
) -> None:
    """Propose a review that is kept in the register access_review_lines instead: its lines as CSV."""
    from soc2_warehouse.reviews import proposal

    review_id = f"AR-{period}-{system}"
    with _told():
        if str(file) == "-":
            lines, moment = proposal.write(settings(), system, review_id, sys.stdout)
        else:
            with file.open("x", encoding="utf-8", newline="") as stream:
                try:
                    lines, moment = proposal.write(settings(), system, review_id, stream)
                except proposal.NothingToReview:
                    file.unlink()
                    raise
        typer.echo(f"{review_id}: {lines} lines, snapshot_at {moment:%Y-%m-%dT%H:%M:%SZ}", err=True)

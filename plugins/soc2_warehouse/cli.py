"""``soc2 …``: the same functions that the DAG tasks call."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from soc2_warehouse.evidence import commands
from soc2_warehouse.package import commands as package_commands
from soc2_warehouse.reviews import commands as reviews
from soc2_warehouse.settings import settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


def _day(text: str | None) -> date | None:
    if text is None or text == "":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write YYYY-MM-DD") from None


Day = Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="logical day (default: the newest)")]
Reason = Annotated[str, typer.Option(help="why it is fetched or landed again; kept on the receipt")]


@app.command()
def nightly(day: Day = None) -> None:
    """Run the nightly pipeline once, through an embedded Airflow."""
    from soc2_warehouse import nightly as pipeline

    raise typer.Exit(pipeline.run(settings(), _day(day)))


@app.command()
def simulate(
    nights: Annotated[int, typer.Option(min=1, help="how many nights to play")] = 7,
    start: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="first night (default: the next one)")] = None,
    controls: Annotated[str, typer.Option(help="only these in a new home, as AC-01,VM-03 (default: all)")] = "",
    sources: Annotated[str, typer.Option(help="only these source modules in a new home (default: all)")] = "",
) -> None:
    """Play many nights of the sandbox company quickly."""
    from soc2_warehouse import selection
    from soc2_warehouse import simulate as player

    try:
        chosen = selection.parse(controls, sources)
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None
    raise typer.Exit(player.run(settings(), nights, _day(start), chosen))


@app.command()
def rebuild() -> None:
    """Make every past verdict again from the landing zone and compare it with the ledger."""
    from soc2_warehouse import rebuild as rebuilder

    raise typer.Exit(rebuilder.run(settings()))


@app.command()
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="s3://…, git:PATH or a folder of copies to compare with (default: the configured ones)"),
    ] = None,
    day: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="compute again only the objects of this day")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="the answer as JSON")] = False,
) -> None:
    """Recompute all evidence, its chain, seals, timestamps and anchors; name the first thing that is broken."""
    import json

    from soc2_warehouse.evidence import anchors, verify_evidence
    from soc2_warehouse.evidence.home import Home

    logical = _day(day)
    days = (logical.isoformat(), logical.isoformat()) if logical else (None, None)
    targets = anchor or settings().anchors
    certificates = settings().tsa_certificates
    result = verify_evidence.verify(
        Home(settings()),
        anchors=[anchors.read(settings(), target) for target in targets],
        tsa=certificates.read_bytes() if certificates else None,
        days=days,
    )
    if not targets:
        result.notes.append("NOT ANCHORED: no anchor is configured; whoever holds the key can write all of this anew")
    typer.echo(json.dumps(result.as_json(), indent=1) if as_json else result.told())
    raise typer.Exit(result.status)


@app.command()
def export_chain(
    folder: Path,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="first day of objects")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="last day of objects")] = None,
) -> None:
    """Write the evidence, its seals and verify_evidence.py to a new FOLDER that anybody can verify."""
    from soc2_warehouse.evidence import export

    try:
        done = export.export_chain(settings(), folder, _day(first), _day(last))
    except FileExistsError as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{done.files} files, {done.size / 1e6:.1f} MB\n{done.result.told()}")
    raise typer.Exit(done.result.status)


@app.command()
def prove(
    uri: Annotated[str, typer.Argument(help="landing/…, ledger/… or samples/…, as the chain names the object")],
    control: Annotated[str | None, typer.Option(help="one control run of a control_runs.jsonl")] = None,
) -> None:
    """Print the proof that one object, or one control run, was sealed."""
    import json

    from soc2_warehouse.evidence import seals

    try:
        typer.echo(json.dumps(seals.prove(settings(), uri, control), indent=1))
    except LookupError as problem:
        typer.echo(problem.args[0], err=True)
        raise typer.Exit(1) from None


@app.command()
def rotate_key() -> None:
    """Make a new signing key in this home; the next night is signed by the old one, too."""
    from soc2_warehouse.evidence import keys

    try:
        typer.echo(f"the next night is signed by {keys.rotate(settings())}")
    except keys.KeyProblem as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from None


@app.command()
def extract(source: str, day: Day = None, reason: Reason = "") -> None:
    """Fetch one source from its configured connection and land it."""
    from soc2_warehouse.clock import Clock, current_day
    from soc2_warehouse.extract import run_source

    clock = Clock()
    logical = _day(day) or current_day(clock.now(), settings().observed_at)
    receipts = run_source(settings(), source, logical, clock, reason=reason)
    for receipt in receipts:
        typer.echo(
            f"{receipt.source_id:32} {receipt.status:10} {receipt.rows:>7} rows  {'; '.join(receipt.errors)[:120]}"
        )
    raise typer.Exit(0 if all(receipt.usable for receipt in receipts) else 1)


@app.command()
def land(
    source: str,
    table: str,
    file: Path,
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="logical day of the records")],
    kind: Annotated[str, typer.Option(help="snapshot or event, for a table no source module declares")] = "snapshot",
    envelope: Annotated[bool, typer.Option(help='lines are {"record": …, "parent": …, "error": …}')] = False,
    reason: Reason = "",
) -> None:
    """Land records of any other exporter: FILE has one JSON document a line ('-' reads standard input)."""
    from soc2_warehouse import sources
    from soc2_warehouse.extract import land_file

    for label, name in (("source", source), ("table", table)):
        if not name.isidentifier() or name != name.lower():
            raise typer.BadParameter(f"{label} {name!r}: use lower-case letters, digits and underscores")
    if source in sources.names():
        declared = sources.load(source).tables.get(table)
        if declared is None:
            raise typer.BadParameter(f"source {source} has no table {table}: {', '.join(sources.load(source).tables)}")
        kind = declared.table.kind
    logical = _day(day)
    assert logical is not None
    with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as stream:
        receipt = land_file(
            settings(), source, table, logical, enumerate(stream, 1), file.name, kind, envelope, reason=reason
        )
    typer.echo(f"{receipt.source_id}: {receipt.status}, {receipt.rows} rows, run {receipt.run_id}")
    for error in receipt.errors:
        typer.echo(error, err=True)
    raise typer.Exit(0 if receipt.usable else 1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def dbt(context: typer.Context) -> None:
    """Run dbt on the build file, with what the project's unit tests need: soc2 dbt test --select ctl_ac_03__…"""
    from soc2_warehouse import transform

    run = transform.dbt(settings(), context.args, {"controls": transform.control_meta(settings())})
    if run.error:
        typer.echo(run.error, err=True)
    raise typer.Exit(0 if run.success else 1)


@app.command()
def coverage(
    figures: Annotated[bool, typer.Option("--figures", help="only the figures, as the README shows them")] = False,
) -> None:
    """Handbook rows, scanners' demands and criteria × controls, and what is untested."""
    from soc2_warehouse import coverage as covering
    from soc2_warehouse import report

    try:
        found = covering.load(settings())
    except (RuntimeError, ValueError) as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from None
    if figures:
        typer.echo(found.markdown())
    else:
        covering.show(report.console(), found)


@app.command()
def status(
    category: Annotated[str, typer.Option(help="controls of this category")] = "",
    owner: Annotated[str, typer.Option(help="controls of this team")] = "",
    severity: Annotated[str, typer.Option(help="critical, high, medium or low")] = "",
    control: Annotated[str, typer.Option(help="the beginning of an id, as AC or AC-03")] = "",
    verdict: Annotated[str, typer.Option(help="list only pass, fail, not_tested or gap")] = "",
    color: Annotated[bool, typer.Option("--color/--no-color", help="also in a pipe; NO_COLOR is heeded")] = True,
) -> None:
    """What is in order, what changed since yesterday, what is overdue, which source is missing."""
    from soc2_warehouse import report
    from soc2_warehouse import status as posture
    from soc2_warehouse.dashboard.choices import ChosenControls
    from soc2_warehouse.dashboard.reading import NotPublished

    try:
        chosen = ChosenControls(category, owner, severity, control)
        posture.show(settings(), report.pager_console(color), chosen, verdict)
    except NotPublished as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from None


@app.command()
def pages(port: Annotated[int, typer.Option(help="of this machine's loopback")] = 8080) -> None:
    """Serve the compliance pages to this machine, behind Airflow's login."""
    from soc2_warehouse.dashboard.serve import serve

    serve(settings(), port, typer.echo)


@app.command()
def alerts(
    send: Annotated[
        bool, typer.Option("--send", help="tell the configured channels what they have not told yet")
    ] = False,
) -> None:
    """Show what somebody must know: new deviations, what is not tested, what is about to be lost or to end."""
    from soc2_warehouse import notify, tasks

    try:
        if send:
            told = {channel: tasks.alert(channel) for channel in tasks.CHANNELS}
            for channel, number in told.items():
                typer.echo(f"{channel}: {'not configured' if number is None else f'{number} alerts told'}")
            return
        day, found = notify.unsent(settings(), "nobody")
        typer.echo(notify.message(day, found).text if found else f"{day}: nothing")
    except LookupError as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from None


@app.command()
def permissions() -> None:
    """Print the IAM policy that the AWS sources need; read-only."""
    from soc2_warehouse.permissions import aws_policy

    typer.echo(json.dumps(aws_policy(), indent=2))


@app.command()
def sandbox(day: Day = None) -> None:
    """Serve the sandbox company until interrupted, and print the connections that lead to it."""
    from soc2_warehouse.connections import variable
    from soc2_warehouse.sandbox.serve import Sandbox

    with Sandbox(settings(), _day(day)) as company:
        for conn_id, connection in sorted(company.connections().items()):
            typer.echo(f"export {variable(conn_id)}='{connection.to_json()}'")
        typer.echo(f"# the company's clock shows {company.now():%Y-%m-%d %H:%M} UTC; stop with Ctrl-C", err=True)
        company.wait()


commands.add_to(app)
app.add_typer(reviews.app, name="review")
package_commands.add_to(app)


def main() -> None:
    app()


if __name__ == "__main__":
    main()

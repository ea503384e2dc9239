"""Making a package: verify the evidence first, then write everything into a draft, and give it its name at the end.

What makes it refuse, because nobody could rely on the rest: evidence that is altered, missing, not sealed or not what
an anchor holds; a verdict in the published file that is not the ledger's; an extract without its receipt; a population
whose IPE sheet cannot be made; a draw that does not belong to its frozen population; a manifest that cannot be signed.

What it prints instead, because it is a result: nights that were never judged, days and controls that were not tested,
sources that were down or late, reference counts that disagree, criteria and rows of the guide that nothing tests.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from soc2_warehouse import controls, coverage, selection, warehouse
from soc2_warehouse.coverage import Coverage
from soc2_warehouse.dashboard import reading
from soc2_warehouse.evidence import anchors, export, verify_evidence
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.package import (
    Refused,
    manifest,
    oscal,
    records,
    registers,
    report,
    request_list,
    results,
    samples,
    sheets,
)
from soc2_warehouse.package import window as windows
from soc2_warehouse.package.content import Content, gather
from soc2_warehouse.package.results import Result
from soc2_warehouse.package.window import Window
from soc2_warehouse.settings import Settings

#: Told what is being done; the command prints it.
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """A package. size, zipped: bytes of the folder's files and of the zip."""

    folder: Path
    archive: Path
    files: int
    size: int
    zipped: int
    content: Content


def make(
    settings: Settings,
    first: date,
    last: date,
    criteria: Sequence[str] = (),
    out: Path | None = None,
    told: Progress = lambda _: None,
) -> Made:
    """Write ``<name>/`` and ``<name>.zip`` into ``out``, default where the Downloads page looks.

    Holds the home, so that no night changes it meanwhile. Raises Refused, and leaves nothing behind.
    """
    target = out or settings.home / "packages"
    with warehouse.writing(settings):
        try:
            with reading.read(settings.published_file) as published:
                _whole(published)
                covered = _covered(settings)
                window = windows.resolve(settings, published, covered, first, last, criteria)
                folder, archive = target / window.name, target / f"{window.name}.zip"
                for path in (folder, archive):
                    if path.exists():
                        raise Refused(f"{path} is there already: what was given away is not overwritten")
                target.mkdir(parents=True, exist_ok=True)
                draft = target / f".draft-{uuid.uuid4().hex[:8]}"
                try:
                    content = _write(settings, window, covered, published, draft / window.name, told)
                    told("zip")
                    manifest.pack(window, draft / window.name, draft / archive.name)
                    (draft / window.name).rename(folder)
                    (draft / archive.name).rename(archive)
                finally:
                    shutil.rmtree(draft, ignore_errors=True)
        except reading.NotPublished as problem:
            raise Refused(str(problem)) from None
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return Made(folder, archive, len(sizes), sum(sizes), archive.stat().st_size, content)


#: Tables of the published file that a package is made of.
TABLES = (
    "dim_control",
    "dim_engagement",
    "dim_handbook_row",
    "dim_scope",
    "fct_checklist_item",
    "fct_control_run",
    "fct_coverage_day",
    "fct_coverage_gap",
    "fct_extract_run",
    "fct_milestone",
)


def _whole(published: reading.Reader) -> None:
    if missing := [table for table in TABLES if not published.has(table)]:
        raise Refused(f"the published file lacks {', '.join(missing)}")


def _covered(settings: Settings) -> Coverage:
    file = settings.dbt_target / "manifest.json"
    if not file.exists():
        raise Refused("no control is declared here: dbt's manifest is missing; run a night first")
    return coverage.of(settings, controls.load(file))


def _write(
    settings: Settings, window: Window, covered: Coverage, published: reading.Reader, folder: Path, told: Progress
) -> Content:
    from soc2_warehouse.package import pdf, workbooks

    told("verify the evidence")
    verified = _verified(settings, window)
    signers = manifest.signers(settings, max(verified.seals.values(), key=lambda seal: seal.number).signers)
    told("copy the evidence")
    copied = export.export_chain(settings, folder, window.first, window.last)
    if copied.result.first:
        raise Refused(_broken(copied.result.first))
    told("read the ledger")
    with records.opened(settings, window, published) as ledgered:
        sheets.lost_inputs(ledgered, published)
        found = results.read(window, ledgered, published)
        samples.write(settings, window, found, folder / "samples")
        told("IPE sheets")
        sheets.write(settings, found, ledgered, folder / "ipe")
        content = gather(window, found, ledgered, published, covered, verified)
        content.partial = selection.read(settings).notice()
        content.registers = registers.newest(registers.write(settings, window, published, folder / "registers"))
        _code(found, folder / "code")
        request_list.write(found, folder / "request_list.csv")
        told("workbooks")
        workbooks.write(content, ledgered, folder / "workbooks")
    told("report")
    (folder / "report.html").write_text(report.html(content), encoding="utf-8")
    pdf.write(content, folder / "report.pdf")
    oscal.write(content, folder / "oscal")
    listed = manifest.files(folder)
    (folder / "index.html").write_text(report.index(content, listed), encoding="utf-8")
    manifest.write(window, signers, [*listed, manifest.line(folder, folder / "index.html")], folder)
    return content


def _verified(settings: Settings, window: Window) -> verify_evidence.Result:
    """What ``soc2 verify`` says of the whole home: what came before the window decides what stood in it.

    Raises Refused for the first thing that is broken, and when nothing is signed.
    """
    certificates = settings.tsa_certificates
    found = verify_evidence.verify(
        Home(settings),
        anchors=[anchors.read(settings, target) for target in settings.anchors],
        tsa=certificates.read_bytes() if certificates else None,
    )
    if found.first:
        raise Refused(_broken(found.first))
    sealed = max((seal.last_seq for seal in found.seals.values()), default=0)
    wanted = {f"landing/_judgements/day={day}/{run.run_id}.json": day for day, run in window.judged.items()}
    chained = {link.entry.object_uri: link.position for link in found.links if link.entry}
    for uri, day in sorted(wanted.items(), key=lambda item: item[1]):
        if uri not in chained:
            raise Refused(f"the judgement of {day} is not in the hash chain: {uri}")
        if chained[uri] > sealed:
            raise Refused(f"the night of {day} is not sealed: nobody signed for {uri}")
    return found


def _broken(problem: verify_evidence.Problem) -> str:
    return (
        f"the evidence does not verify: {problem.file} (entry {problem.seq}): {problem.why} [{problem.code}]; expected "
        f"{problem.expected or 'nothing'}, found {problem.found or 'nothing'}"
    )


def _code(found: Iterable[Result], folder: Path) -> None:
    """The query of each control, with its hash and the day whose night it is; older ones are named by their hash."""
    folder.mkdir()
    for result in found:
        control, last = result.control, result.last
        if not control["sql_text"]:
            continue
        is_same = last is not None and last["sql_sha256"] == control["sql_sha256"]
        head = [
            f"{result.id} {control['title']}",
            f"sha256 of all lines after these three: {control['sql_sha256']}",
            f"the query of the last night of the window: {'yes' if is_same else 'no, it changed since'}",
        ]
        text = "".join(f"-- {line}\n" for line in head) + control["sql_text"]
        (folder / f"{result.id}.sql").write_text(text, encoding="utf-8")

"""The sandbox company's registers: a git repository whose history is a function of the company and the moment.

What never depends on the rest of the company stands in ``registers_content``: CSV files with two more columns,
``since`` and ``until``, when a line came and went. Lines about accounts, contractors, stores and keys follow from the
company (``register_lines``), so that a register never contradicts the servers unless it is meant to.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from soc2_warehouse.registers import registers
from soc2_warehouse.sandbox import register_lines
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.register_lines import Row, generated

CONTENT = Path(__file__).resolve().parent / "registers_content"
BEGINNING = datetime(2026, 5, 29, 9, 0, tzinfo=UTC)
AUTHOR = ("Ingrid Solberg", "ingrid.solberg@acme.example")


def write_registers(company: Company, folder: Path, now: datetime) -> None:
    """Bring the checkout in ``folder`` to what it is at ``now``: a commit for each moment at which a register changed.

    Commits that are there stay (their hashes are the same for everybody); later ones are added. A checkout that is
    ahead of ``now`` is written anew. Needs git; now is aware UTC.
    """
    history = _history(company, now)
    done = _scripted(folder)
    if len(done) > len(history):
        shutil.rmtree(folder)
        done = []
    if not done:
        (folder / "registers").mkdir(parents=True, exist_ok=True)
        _git(folder, BEGINNING, "init", "--quiet", "--initial-branch=main")
    missing = history[len(done) :]
    if not missing:
        return
    # One process for all commits: a git for each took longer than the night that reads them.
    _git(folder, BEGINNING, "fast-import", "--quiet", given=_stream(missing, follows=bool(done)))
    texts = {name: text for commit in missing for name, text in commit.changed.items()}
    for name, text in texts.items():
        (folder / "registers" / name).write_text(text, encoding="utf-8")
    _git(folder, BEGINNING, "add", *(f"registers/{name}" for name in texts))


def files(company: Company, moment: datetime) -> dict[str, str]:
    """Every register file as of ``moment``: {file name: text}."""
    return {_file_name(name): _text(name, _rows(name, company, moment)) for name in registers()}


@dataclass(frozen=True)
class Commit:
    """What changed at a moment: {file name: text}."""

    moment: datetime
    changed: dict[str, str]

    @property
    def message(self) -> str:
        if self.moment == BEGINNING:
            return "Start the registers"
        return f"Update {', '.join(name.rpartition('.')[0] for name in sorted(self.changed))}".rstrip()


#: Seed of a company → its commits so far and the rows that stand after the last of them.
_known: dict[int, tuple[list[Commit], dict[str, list[Row]]]] = {}


def _history(company: Company, now: datetime) -> list[Commit]:
    """The commits up to ``now``, oldest first. What was found once in this process is not looked for again."""
    moments = _moments(company, now)
    commits, standing = _known.setdefault(company.seed, ([], {}))
    for moment in moments[len(commits) :]:
        changed = {}
        for name in registers():
            rows = list(_rows(name, company, moment))
            if rows != standing.get(name):
                changed[name] = rows
        # A row may change in a way that its text does not show.
        texts = {name: _text(name, rows) for name, rows in changed.items()}
        before = {name: _text(name, standing[name]) for name in changed if name in standing}
        standing |= changed
        commits.append(Commit(moment, {_file_name(n): text for n, text in texts.items() if text != before.get(n)}))
    return commits[: len(moments)]


def _stream(commits: Sequence[Commit], follows: bool) -> bytes:
    """What ``git fast-import`` reads to make these commits on main, on what stands there or as its first."""
    told = []
    for number, commit in enumerate(commits):
        who = f"{AUTHOR[0]} <{AUTHOR[1]}> {int(commit.moment.timestamp())} +0000"
        told.append(f"commit refs/heads/main\nauthor {who}\ncommitter {who}\n".encode() + _data(commit.message + "\n"))
        if number == 0 and follows:
            told.append(b"from refs/heads/main^0\n")
        for name, text in sorted(commit.changed.items()):
            told.append(f"M 100644 inline registers/{name}\n".encode() + _data(text))
    return b"".join(told)


def _data(text: str) -> bytes:
    content = text.encode()
    return f"data {len(content)}\n".encode() + content + b"\n"


def _file_name(name: str) -> str:
    static = _static(name)
    return static.name if static is not None else f"{name}.csv"


@cache
def _static(name: str) -> Path | None:
    return next(CONTENT.glob(f"{name}.y*ml"), None)


def _rows(name: str, company: Company, moment: datetime) -> Iterator[Row]:
    """The lines of a register as of ``moment``; none of one that is a document."""
    if _static(name) is None:
        yield from generated()[name](company, moment) if name in generated() else _written(name, moment)


def _text(name: str, rows: Iterable[Row]) -> str:
    static = _static(name)
    if static is not None:
        return static.read_text(encoding="utf-8")
    text = io.StringIO()
    writer = csv.DictWriter(text, list(registers()[name].columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _moments(company: Company, now: datetime) -> list[datetime]:
    """When a register changed, up to ``now``, oldest first."""
    changes = {BEGINNING, *register_lines.changes(company)}
    for path in CONTENT.glob("*.csv"):
        for row in _lines(path):
            changes |= {_instant(row[column]) for column in ("since", "until") if row[column]}
    return sorted(moment for moment in changes if BEGINNING <= moment <= max(now, BEGINNING))


def _scripted(folder: Path) -> list[str]:
    """Commits of this module in the checkout; empty when there is no checkout."""
    if not (folder / ".git").exists():
        return []
    return _git(folder, BEGINNING, "log", "--all", f"--author={AUTHOR[1]}", "--format=%H").split()


def _git(folder: Path, moment: datetime, *arguments: str, given: bytes | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": AUTHOR[0], f"GIT_{role}_EMAIL": AUTHOR[1], f"GIT_{role}_DATE": stamp}
    done = subprocess.run(
        ("git", "-c", "core.autocrlf=false", *arguments),
        cwd=folder,
        env=environment,
        capture_output=True,
        input=given,
        check=False,
    )
    # `log` of a repository without commits is an error that means: none.
    if done.returncode and arguments[0] != "log":
        raise RuntimeError(f"git {arguments[0]} in {folder}: {done.stderr.decode().strip()}")
    return done.stdout.decode()


@cache
def _lines(path: Path) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _written(name: str, moment: datetime) -> Iterator[Row]:
    """Lines of a file of ``registers_content`` that stand at ``moment``."""
    for line in _lines(CONTENT / f"{name}.csv"):
        came, went = line["since"], line["until"]
        if (not came or _instant(came) <= moment) and (not went or moment < _instant(went)):
            yield {key: value for key, value in line.items() if key not in ("since", "until")}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return ";".join(value) if isinstance(value, list) else "" if value is None else str(value)

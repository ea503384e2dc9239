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
from collections.abc import Iterator
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
    moments = _moments(company, now)
    done = _scripted(folder)
    if len(done) > len(moments):
        shutil.rmtree(folder)
        done = []
    if not done:
        folder.mkdir(parents=True, exist_ok=True)
        _git(folder, BEGINNING, "init", "--quiet", "--initial-branch=main")
    previous = files(company, moments[len(done) - 1]) if done else {}
    for moment in moments[len(done) :]:
        current = files(company, moment)
        changed = sorted(name for name in current if current[name] != previous.get(name))
        for name in changed:
            path = folder / "registers" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(current[name], encoding="utf-8")
            _git(folder, moment, "add", f"registers/{name}")
        what = f"Update {', '.join(name.rpartition('.')[0] for name in changed)}" if previous else "Start the registers"
        _git(folder, moment, "commit", "--quiet", "--allow-empty", f"--message={what}")
        previous = current


def files(company: Company, moment: datetime) -> dict[str, str]:
    """Every register file as of ``moment``: {file name: text}."""
    found = {}
    for name, register in registers().items():
        static = next(CONTENT.glob(f"{name}.y*ml"), None)
        if static is not None:
            found[static.name] = static.read_text(encoding="utf-8")
            continue
        rows = generated()[name](company, moment) if name in generated() else _written(name, moment)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(register.columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
        found[f"{name}.csv"] = text.getvalue()
    return found


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


def _git(folder: Path, moment: datetime, *arguments: str) -> str:
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
        text=True,
        check=False,
    )
    # `log` of a repository without commits is an error that means: none.
    if done.returncode and arguments[0] != "log":
        raise RuntimeError(f"git {arguments[0]} in {folder}: {done.stderr.strip()}")
    return done.stdout


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

"""A past day judged again from its sealed inputs, under the code and parameters of that day or of today.

Everything happens in a scratch home: the landing zone is read, the ledger's earlier judgements are lent by links, and
nothing of what is judged again is kept but the comparison. Code of that day is a work tree of the recorded commit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from soc2_warehouse import chain, ledger, selection
from soc2_warehouse.evidence.figures import Parameters, figures
from soc2_warehouse.evidence.populations import file_sha256
from soc2_warehouse.judgements import Record, records
from soc2_warehouse.rebuild import COMPARED, by_keys
from soc2_warehouse.settings import PROJECT, Settings

THEN, NOW = "then", "now"
CAUSES = ("code_sha", "dirty", "sql_sha256", "params_sha", "catalogue_sha", "register_shas")
ROW_FIELDS = ("result", "codes", "reason", "owner_key", "entity_name", "evidence")
DRIVER = Path(__file__).with_name("replay_driver.py")


class ReplayRefused(RuntimeError):
    """The day cannot be judged again as asked; the message says why and what can."""


@dataclass(frozen=True)
class Change:
    """One difference. what: verdict, added, removed or changed. entity_key: None for the control's run.

    before, after: the fields that differ. reason: of the row that is, or of the one that was.
    """

    control_id: str
    entity_key: str | None
    what: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class Replay:
    """files: name → sha256 in the ledger and again. causes: control → what its run rests on that is another."""

    record: Record
    code: str
    controls: int
    rows: int
    changes: tuple[Change, ...]
    files: dict[str, tuple[str | None, str | None]]
    causes: dict[str, tuple[str, ...]]

    @property
    def equal(self) -> bool:
        return not self.changes

    @property
    def identical(self) -> bool:
        """Every file came out byte for byte."""
        return all(kept == again for kept, again in self.files.values())


def replay(
    settings: Settings, day: date, code: str = THEN, parameters: str = THEN, repository: Path = PROJECT
) -> Replay:
    """Judge ``day`` again and compare with the judgement that counts. Raises ReplayRefused.

    repository: the git repository of this project.
    """
    record, folder = _judged(settings, day)
    _check_sealed(settings, record)
    with (folder / ledger.RUNS).open(encoding="utf-8") as lines:
        sha = json.loads(next(lines))["code_sha"]
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".replay-", dir=settings.home) as place:
        home = Path(place) / "home"
        _lend(settings, record, home / "ledger")
        with _code(repository, sha, Path(place), wanted=code == THEN) as then:
            root = then if code == THEN and then else repository
            # The sealed register over the defaults of its own code needs no help; nor can defaults be had without it.
            values = None
            if parameters == NOW:
                values = figures(settings, repository, None, root)
            elif then and root != then:
                values = figures(settings, then, record, root)
            _run(settings, record, home, root, values)
        return _compare(record, folder, home / "ledger" / folder.relative_to(settings.ledger))


def _judged(settings: Settings, day: date) -> tuple[Record, Path]:
    current = {run.day: run for run in ledger.current(ledger.runs(settings.ledger))}
    if day not in current:
        told = f"judged are {min(current)} to {max(current)}" if current else "nothing is judged yet"
        raise ReplayRefused(f"{day} is not in the ledger; {told}")
    run = current[day]
    for record in records(settings):
        if record.run_id == run.run_id:
            return record, run.folder
    raise ReplayRefused(f"the record of the judgement {run.run_id} is missing from the landing zone")


def _check_sealed(settings: Settings, record: Record) -> None:
    """Refuse when anything that this judgement read or wrote is not what the hash chain says."""
    mine = [entry.seq for entry in chain.entries(settings.ledger) if record.run_id in entry.object_uri]
    if not mine:
        raise ReplayRefused(f"the judgement {record.run_id} is not in the hash chain: nothing seals it")
    for check in chain.verify(settings):
        if check.problem and check.seq <= max(mine):
            raise ReplayRefused(
                f"the inputs are not what was sealed: {check.object_uri} ({check.problem}, entry {check.seq})"
            )


def _lend(settings: Settings, record: Record, target: Path) -> None:
    """What the ledger was before the judgement: links to earlier judgements, the chain and the anchors up to then."""
    target.mkdir(parents=True)
    if limited := selection.read(settings):
        selection.write(replace(settings, home=target.parent), limited)
    if settings.samples.is_dir():
        target.with_name("samples").symlink_to(settings.samples, target_is_directory=True)
    for run in ledger.runs(settings.ledger):
        if (run.started_at, run.run_id) < (record.started_at, record.run_id):
            place = target / run.folder.relative_to(settings.ledger)
            place.parent.mkdir(exist_ok=True)
            place.symlink_to(run.folder, target_is_directory=True)
    entries = chain.entries(settings.ledger)
    end = next(place for place, entry in enumerate(entries) if record.run_id in entry.object_uri)
    # Its own inputs were chained just before it; the replay chains them again.
    while (
        end
        and entries[end - 1].object_uri.startswith("landing/")
        and "/_judgements/" not in entries[end - 1].object_uri
    ):
        end -= 1
    with (settings.ledger / chain.CHAIN).open("rb") as lines:
        kept = [line for _, line in zip(range(end), lines, strict=False)]
    (target / chain.CHAIN).write_bytes(b"".join(kept))
    anchors = settings.ledger / chain.ANCHORS
    if anchors.exists():
        made = map(json.loads, anchors.read_text(encoding="utf-8").splitlines())
        known = [_anchor(line) for line in made if _known(line, record, end)]
        (target / chain.ANCHORS).write_text("".join(known), encoding="utf-8")


def _known(line: dict[str, Any], record: Record, end: int) -> bool:
    """Whether a line is an anchor of the chain so far, and the judgement could know it."""
    if "anchor_uri" not in line or line["seq"] > end:
        return False
    return datetime.fromisoformat(line["anchored_at"]) <= record.started_at


def _anchor(line: dict[str, Any]) -> str:
    names = ("anchor_uri", "anchored_at", "entry_hash", "seq")
    return json.dumps({name: line[name] for name in names}, sort_keys=True) + "\n"


@contextmanager
def _code(repository: Path, sha: str, place: Path, wanted: bool) -> Iterator[Path | None]:
    """A work tree of the recorded commit; None when there can be none and nobody insists."""
    why = _unavailable(repository, sha)
    if why and wanted:
        raise ReplayRefused(f"the code of that day cannot be had: {why}. --code now judges it with today's")
    if why:
        yield None
        return
    tree = place / "code"
    _git(repository, "worktree", "add", "--quiet", "--detach", str(tree), sha)
    try:
        yield tree
    finally:
        _git(repository, "worktree", "remove", "--force", str(tree))


def _unavailable(repository: Path, sha: str) -> str | None:
    if sha.startswith("files:"):
        return f"it was not in git ({sha})"
    if "+" in sha:
        return f"it had changes that were never committed (commit {sha.partition('+')[0]})"
    found = subprocess.run(
        ("git", "-C", str(repository), "cat-file", "-e", f"{sha}^{{commit}}"), capture_output=True, text=True
    )
    return f"commit {sha} is not in {repository.name}" if found.returncode else None


def _git(repository: Path, *arguments: str) -> None:
    done = subprocess.run(("git", "-C", str(repository), *arguments), capture_output=True, text=True)
    if done.returncode:
        raise ReplayRefused(f"git {arguments[0]} {arguments[1]}: {done.stderr.strip()}")


def _run(settings: Settings, record: Record, home: Path, root: Path, parameters: Parameters | None) -> None:
    job = {
        "home": str(home),
        "landing_url": settings.landing_url,
        "observed_at": settings.observed_at.isoformat(),
        "record": record.to_json().decode(),
        "parameters": parameters,
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOC2_")}
    environment |= {"PYTHONPATH": str(root / "plugins"), "SOC2_HOME": str(home)}
    done = subprocess.run(
        (sys.executable, "-P", str(DRIVER)), input=json.dumps(job), env=environment, capture_output=True, text=True
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-5:]
        raise ReplayRefused("the code could not judge the day again:\n" + "\n".join(last))


def _compare(record: Record, kept: Path, again: Path) -> Replay:
    runs = by_keys(kept / ledger.RUNS, ("control_id",)), by_keys(again / ledger.RUNS, ("control_id",))
    keys = ("control_id", "entity_key")
    rows = by_keys(kept / ledger.ROWS, keys), by_keys(again / ledger.ROWS, keys)
    changes = [*_changes(*runs, COMPARED, "verdict"), *_changes(*rows, ROW_FIELDS, "changed")]
    names = sorted({path.name for place in (kept, again) for path in place.iterdir() if path.name[0] != "_"})
    files = {name: (_hash(kept / name), _hash(again / name)) for name in names}
    causes = {
        key[0]: found
        for key in runs[0].keys() & runs[1].keys()
        if (found := tuple(name for name in CAUSES if runs[0][key].get(name) != runs[1][key].get(name)))
    }
    sha = next(iter(runs[1].values()))["code_sha"]
    return Replay(record, sha, len(runs[1]), len(rows[1]), tuple(changes), files, dict(sorted(causes.items())))


def _hash(file: Path) -> str | None:
    return file_sha256(file) if file.exists() else None


def _changes(
    kept: dict[tuple[str, ...], dict[str, Any]],
    again: dict[tuple[str, ...], dict[str, Any]],
    fields: tuple[str, ...],
    what: str,
) -> Iterator[Change]:
    for key in sorted(kept.keys() | again.keys()):
        was, now = kept.get(key), again.get(key)
        entity = key[1] if len(key) > 1 else None
        named = was or now or {}
        said = str((now or named).get("reason") or (now or named).get("detail") or "")
        if was is None or now is None:
            kind = "removed" if now is None else "added"
            short = {name: named.get(name) for name in ("status", "result", "codes") if name in named}
            yield Change(key[0], entity, kind, short if now is None else {}, short if was is None else {}, said)
            continue
        differ = [name for name in fields if was.get(name) != now.get(name)]
        if differ:
            yield Change(key[0], entity, what, {n: was.get(n) for n in differ}, {n: now.get(n) for n in differ}, said)

"""Make every past verdict again from the landing zone alone, and compare it with the ledger."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from soc2_warehouse import chain, judge, ledger, publish, selection, transform, warehouse
from soc2_warehouse.judgements import Record, records
from soc2_warehouse.settings import Settings

COMPARED = (
    "status",
    "reason",
    "incomplete",
    "population_count",
    "evaluated",
    "passed",
    "unknown",
    "pending",
    "excluded",
    "deviation_count",
    "open_exception_count",
    "accepted_count",
    "false_positive_count",
    "population_hash",
    "input_run_ids",
)


@dataclass(frozen=True)
class Comparison:
    """One judgement made again. differences: sentences; empty when it came out the same."""

    record: Record
    controls: int
    rows: int
    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()


def run(
    settings: Settings,
    days: Collection[date] | None = None,
    publish_after: bool = True,
    output: TextIO | None = None,
) -> int:
    """Replay the judgements in the landing zone in the order they were made; 0 when all came out the same, 1 if not.

    Everything is rebuilt in a scratch folder: a ledger that is there is only read. One that is missing, wholly or for
    a judgement, is restored from the replay. Nothing that differs is ever overwritten. days: compare only these
    (earlier judgements are replayed all the same, because the past is an input). Then publishes, if asked to.
    """
    say = output or sys.stdout
    made = records(settings)
    if not made:
        print(f"no judgement is recorded in {settings.landing_url}: nothing to rebuild", file=say)
        return 1
    settings.home.mkdir(parents=True, exist_ok=True)
    # A cache cannot vouch for itself: what is rebuilt starts from nothing but the landing zone.
    with warehouse.writing(settings), tempfile.TemporaryDirectory(prefix=".rebuild-", dir=settings.home) as folder:
        # What is made again is neither signed nor written down outside: that was done in its night.
        scratch = replace(settings, home=Path(folder), anchors=(), tsa_url=None)
        chain.lend_anchors(settings, scratch)
        if limited := selection.read(settings):
            selection.write(scratch, limited)
        # Under which version each was judged no landing zone tells: EV-07 judges what the ledger says of it.
        ledger.write_lines(scratch.home / ledger.VERSIONS, ledger.versions(settings.ledger))
        if settings.samples.is_dir():
            scratch.samples.symlink_to(settings.samples, target_is_directory=True)
        different = 0
        for number, record in enumerate(made, 1):
            chain.lend_samples(settings, scratch, record.run_id)
            replay(scratch, record)
            if days and record.logical_date not in days:
                continue
            result = compare(settings, scratch, record)
            different += bool(result.differences)
            state = "DIFFERENT" if result.differences else "equal"
            told = f"{result.controls} controls, {result.rows} rows"
            print(f"{number:>4}/{len(made)} {record.logical_date} {record.run_id}  {state}  {told}", file=say)
            for sentence in (*result.differences[:20], *result.notes):
                print(f"        {sentence}", file=say)
        for found in ledger.runs(settings.ledger):
            if found.run_id not in {record.run_id for record in made}:
                different += 1
                print(f"     {found.day} {found.run_id}  DIFFERENT  in the ledger, but never recorded", file=say)
        if not different:
            _restore_chain(settings, scratch)
            _adopt(settings, scratch)
            if publish_after:
                print(f"published {publish.publish(settings)}", file=say)
    print(f"{len(made)} judgements made again, {different} different", file=say)
    return 1 if different else 0


def replay(settings: Settings, record: Record) -> None:
    """Load, evaluate and judge one day as that judgement knew it."""
    warehouse.load(settings, record.logical_date, record.known_until, record.run_id)
    judge.prepare(settings)
    transform.evaluate(settings)
    judge.judge(settings, record.logical_date, record=record, docs=False)


def compare(settings: Settings, scratch: Settings, record: Record) -> Comparison:
    """The judgement in the ledger against the one just made. A judgement the ledger lacks is put there."""
    place = Path(f"day={record.logical_date}") / f"run={record.run_id}"
    kept, again = settings.ledger / place, scratch.ledger / place
    runs = by_keys(again / ledger.RUNS, ("control_id",))
    rows = by_keys(again / ledger.ROWS, ("control_id", "entity_key"))
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_name(f".draft-{record.run_id}")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(again, draft)
        draft.rename(kept)
        return Comparison(record, len(runs), len(rows), (), ("it was not in the ledger, and has been restored",))
    kept_runs = by_keys(kept / ledger.RUNS, ("control_id",))
    kept_rows = by_keys(kept / ledger.ROWS, ("control_id", "entity_key"))
    differences = list(_differences("", kept_runs, runs, COMPARED))
    fields: tuple[str, ...] = ("result", "codes", "reason", "owner_key", "entity_name")
    notes: tuple[str, ...] = ()
    if {run["code_sha"] for run in kept_runs.values()} == {run["code_sha"] for run in runs.values()}:
        fields += ("evidence",)
    else:
        notes = ("judged by another version of the code: evidence columns are not compared",)
    differences += _differences(" row", kept_rows, rows, fields)
    return Comparison(record, len(runs), len(rows), tuple(differences), notes)


def by_keys(file: Path, keys: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, Any]]:
    """Lines of one of a judgement's files by the values of these fields."""
    found = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            value = json.loads(line)
            found[tuple(str(value[key]) for key in keys)] = value
    return found


def _differences(
    what: str,
    kept: dict[tuple[str, ...], dict[str, Any]],
    again: dict[tuple[str, ...], dict[str, Any]],
    fields: Iterable[str],
) -> Iterable[str]:
    for key in sorted(kept.keys() | again.keys()):
        name = " ".join(key) + what
        if key not in again:
            yield f"{name}: in the ledger, but not made again"
        elif key not in kept:
            yield f"{name}: made again, but not in the ledger"
        else:
            for field in fields:
                if kept[key].get(field) != again[key].get(field):
                    yield f"{name}: {field} was {kept[key].get(field)!r}, is {again[key].get(field)!r}"


def _restore_chain(settings: Settings, scratch: Settings) -> None:
    """A lost chain is made again with its ledger; one that is there is never touched."""
    target = settings.ledger / chain.CHAIN
    if not target.exists() and (scratch.ledger / chain.CHAIN).exists():
        shutil.copyfile(scratch.ledger / chain.CHAIN, target)


def _adopt(settings: Settings, scratch: Settings) -> None:
    """The rebuilt warehouse replaces the cache."""
    settings.build_file.parent.mkdir(parents=True, exist_ok=True)
    scratch.build_file.replace(settings.build_file)
    if not settings.dbt_target.exists():
        shutil.copytree(scratch.dbt_target, settings.dbt_target)

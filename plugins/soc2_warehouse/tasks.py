"""What the DAG tasks do. The DAGs only wire; ``soc2 simulate`` calls the same functions without Airflow.

Heavy libraries are imported inside the functions, because every DAG parse imports this module.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soc2_warehouse.clock import Clock
from soc2_warehouse.settings import PROJECT, settings
from soc2_warehouse.steps import PipelineBroken, Step, step, tell
from soc2_warehouse.unreadable import NightIncomplete, failed_with, problem

if TYPE_CHECKING:
    from soc2_warehouse.receipts import Receipt

#: Name and address of the assets that lead from one DAG to the next, each with the day as its partition.
LANDED = ("soc2_landed", "soc2://landing")
JUDGED = ("soc2_judged", "soc2://ledger")
#: Ways to tell people; a task each.
CHANNELS = ("email", "webhook")
CONTROLS = PROJECT / "dbt_project" / "models" / "controls"


@dataclass(frozen=True)
class Circumstances:
    """In what world the tasks run. environment: ``prod``, or ``demo`` for the sandbox company."""

    clock: Clock = field(default_factory=Clock)
    environment: str = "prod"
    triggered_by: str = "schedule"


#: As a scheduled Airflow runs them; the embedded runs say otherwise.
circumstances = Circumstances()


# What the DAG files ask at parse time


def source_names() -> list[str]:
    """Source modules, by file name."""
    from soc2_warehouse import sources

    return sources.names()


def control_ids(folder: Path = CONTROLS) -> list[str]:
    """Control ids, from the file names ``ctl_<area>_<nn>__<assertion>.sql``, sorted."""
    found = (re.fullmatch(r"ctl_([a-z]+)_(\d+)__.+", path.stem) for path in folder.rglob("ctl_*__*.sql"))
    reconciling = re.compile(r"ctl_[a-z]+_\d+__reconciled")
    return sorted(
        {f"{match[1].upper()}-{match[2]}" for match in found if match and not reconciling.fullmatch(match.string)}
    )


def retry_delay() -> timedelta:
    """How long Airflow waits before it repeats a task (``SOC2_RETRY_DELAY_SECONDS``, default 300)."""
    return timedelta(seconds=float(os.environ.get("SOC2_RETRY_DELAY_SECONDS", "300")))


# The day


def day_of(dag_run: Any) -> date:
    """The logical day of a DAG run: its partition, else its logical date, else the moment it was asked for (UTC).

    Partitioned runs and many manual ones have no logical date, so templates such as ``{{ ds }}`` fail on them.
    """
    if key := getattr(dag_run, "partition_key", None):
        return date.fromisoformat(key[:10])
    moment: datetime | None = getattr(dag_run, "logical_date", None) or dag_run.run_after
    assert moment is not None
    return moment.date()


def current_day() -> date:
    """The logical day of the task that is running."""
    from airflow.sdk import get_current_context

    return day_of(get_current_context()["dag_run"])


# soc2_extract


def extract(source: str, day: date) -> dict[str, Any]:
    """Fetch and land one source. Returns what it did, in numbers.

    Everything readable is landed, with receipts, before a problem is raised: SourceUnreadable (worth another attempt),
    CredentialsRefused or WrongDay (not). A source without a connection is reported as ``not configured``.
    """
    from soc2_warehouse.extract import run_source

    with step("extract", source) as this:
        receipts = run_source(settings(), source, day, circumstances.clock)
        this.facts = summary = _summary(source, receipts)
        this.note = f"{summary['tables']} tables, {summary['rows']} rows, {summary['api_calls']} calls"
        if receipts and all(failed_with(receipt, "NotConfigured") for receipt in receipts):
            this.state, this.note = "skipped", receipts[0].errors[0].partition(": ")[2]
            return summary | {"not_configured": this.note}
        if bad := [receipt for receipt in receipts if not receipt.usable]:
            raise problem(bad)
        return summary


def _summary(source: str, receipts: list[Receipt]) -> dict[str, Any]:
    return {
        "source": source,
        "tables": len(receipts),
        "rows": sum(receipt.rows for receipt in receipts),
        "api_calls": sum(receipt.api_calls for receipt in receipts),
        "throttled": sum(receipt.throttled for receipt in receipts),
        "unusable": [receipt.source_id for receipt in receipts if not receipt.usable],
    }


def close(day: date) -> dict[str, dict[str, Any]]:
    """What the landing zone holds for this day, table by table, whatever happened to the sources.

    A table without any receipt (its source could not even be imported) is listed as ``missing``.
    """
    from soc2_warehouse import sources
    from soc2_warehouse.landing import Landing

    with step("close") as this:
        newest: dict[str, Receipt] = {}
        for receipt in sorted(Landing(settings().landing_url).receipts(day=day), key=lambda r: r.finished_at):
            best = newest.get(receipt.source_id)
            if best is None or receipt.usable or not best.usable:
                newest[receipt.source_id] = receipt
        landed = {
            source_id: {
                "status": "not configured" if failed_with(receipt, "NotConfigured") else receipt.status,
                "run_id": receipt.run_id,
                "rows": receipt.rows,
                "object_uri": receipt.object_uri,
                "sha256": receipt.sha256,
            }
            for source_id, receipt in sorted(newest.items())
        }
        for name in sources.names():
            try:
                expected = [f"{name}.{table}" for table in sources.load(name).tables]
            except Exception as error:
                expected, this.note = [f"{name}.*"], f"sources/{name}.py cannot be imported: {error}"
            for source_id in expected:
                landed.setdefault(source_id, {"status": "missing"})
        usable = sum(1 for table in landed.values() if table["status"] in ("complete", "partial"))
        this.note = this.note or f"{usable} of {len(landed)} tables usable"
        return landed


def complete(landed: dict[str, dict[str, Any]]) -> None:
    """Raise NightIncomplete when a configured source has a table that cannot be used: a person should look."""
    quiet = ("complete", "partial", "not configured")
    if bad := [
        f"{source_id} ({table['status']})" for source_id, table in landed.items() if table["status"] not in quiet
    ]:
        raise NightIncomplete(
            f"{len(bad)} of {len(landed)} tables cannot be used tonight: {', '.join(bad)}. "
            "What depends on them is not tested; the errors are in the tasks of their sources."
        )


# soc2_controls


@contextmanager
def _writing(stage: str) -> Iterator[Step]:
    from soc2_warehouse import warehouse

    with (
        warehouse.writing(settings(), say=lambda text: tell(Step(stage, state="waiting", note=text))),
        step(stage) as s,
    ):
        yield s


def load(day: date) -> int:
    """Fill the build file with the runs that count for ``day``; what is landed later is not part of this judgement.

    Returns how many rows were new.
    """
    from soc2_warehouse import warehouse

    with _writing("load") as this:
        loaded = warehouse.load(settings(), day, circumstances.clock.now())
        rows = sum(loaded.values())
        this.note = f"{rows} new rows in {sum(1 for count in loaded.values() if count)} tables"
        return rows


def evaluate(day: date, marts_follow: bool = True) -> dict[str, int]:
    """Run dbt's staging, intermediate and control models on the loaded day. Returns how many nodes ended in which way.

    A model that fails is a result: its control is not tested. marts_follow: as ``transform.evaluate``. Raises
    PipelineBroken when dbt could not start, or when declarations cannot be used.
    """
    from soc2_warehouse import controls, judge, transform
    from soc2_warehouse.evidence import witness

    with _writing("evaluate") as this:
        _require(day)
        witness.resume(settings(), day, circumstances.clock.now())
        try:
            judge.prepare(settings())
        except (controls.ControlError, RuntimeError) as error:
            raise PipelineBroken(f"the dbt project cannot be used:\n{error}") from error
        run = transform.evaluate(settings(), marts_follow=marts_follow)
        if run.error or not run.nodes:
            raise PipelineBroken(f"dbt could not start: {run.error or 'it found nothing to build'}")
        bad = [node for node in run.nodes if not node.ok]
        this.facts = {"failed": [node.name for node in bad]}
        this.note = f"{len(run.nodes)} dbt nodes"
        if bad:
            this.note += f", {len(bad)} not ok: {', '.join(node.name for node in bad[:3])}"
        return {"nodes": len(run.nodes), "not_ok": len(bad)}


def judge(day: date, docs: bool = True) -> dict[str, str]:
    """Great Expectations, the verdict of every control, and the ledger, signed and anchored. Returns control → status.

    docs: also render Great Expectations' pages. Raises PipelineBroken for declarations that cannot be used.
    """
    from soc2_warehouse import controls
    from soc2_warehouse import judge as judging
    from soc2_warehouse.evidence import witness

    now = circumstances
    with _writing("judge") as this:
        _require(day)
        try:
            found = judging.judge(
                settings(),
                day,
                now=now.clock.now(),
                triggered_by=now.triggered_by,
                environment=now.environment,
                docs=docs,
            )
        except controls.ControlError as error:
            raise PipelineBroken(f"controls cannot be judged:\n{error}") from error
        lacks = [str(lack) for lack in witness.conclude(settings(), day, now.clock.now())]
        this.facts = {"seconds": dict(found.seconds), "lacks": lacks}
        this.note = "; ".join([f"{len(found.verdicts)} controls judged", *lacks])
        return {one.control_id: one.status.value for one in found}


def publish(day: date) -> str:
    """Build the marts and swap the file that readers open. Returns its path.

    Raises PipelineBroken when nothing was published; readers still have the file they had.
    """
    from soc2_warehouse import publish as publishing

    with _writing("publish") as this:
        _require(day)
        try:
            this.note = str(publishing.publish(settings()))
        except publishing.PublishError as error:
            raise PipelineBroken(f"nothing was published: {error}") from error
        return this.note


# soc2_alerts


def alert(channel: str) -> int | None:
    """Tell ``channel`` what it has not told yet. Returns how many alerts it told, None when it is not configured.

    Raises whatever the channel does when it refuses; then nothing counts as told.
    """
    from soc2_warehouse import notify

    with step("alert", channel) as this:
        if channel not in notify.channels():
            this.state, this.note = "skipped", "not configured"
            return None
        told = len(notify.tell(settings(), channel))
        this.note = f"{told} alerts" if told else "nothing new"
        return told


def _require(day: date) -> None:
    """The build file holds one day at a time. Raises PipelineBroken when another run has loaded another one since."""
    from soc2_warehouse import warehouse

    with warehouse.connect(settings()) as connection:
        found = connection.execute("select logical_date from raw_meta.run").fetchone()
    if found is None or found[0] != day:
        raise PipelineBroken(f"the build file holds {found[0] if found else 'no day'}, not {day}: `load` it again")

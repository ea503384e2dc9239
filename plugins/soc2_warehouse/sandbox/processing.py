"""The sandbox company's pipelines and reconciliations, as the orchestrator and finance operations export them.

Every night the exporters write what happened in the last ten days, and once more what has changed since.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.exports import Export, Record
from soc2_warehouse.sandbox.rhythm import moment

CONTENT = Path(__file__).parent / "registers_content"
BACK = timedelta(days=10)
RECORDS = {"PL01": 1840, "PL02": 212, "PL03": 4210, "PL04": 34}

#: (pipeline, day it was due): what the ledger of the orchestrator has instead of an ordinary run; None for no run.
RUNS: dict[tuple[str, str], Record | None] = {
    ("PL04", "2026-06-30"): None,
    ("PL02", "2026-06-29"): {"output_hash": None},
    ("PL01", "2026-06-26"): {"retries": 2},
    ("PL04", "2026-06-28"): {"state": "skipped", "error": None, "ended_at": None},
    ("PL02", "2026-06-24"): {"state": "skipped", "error": "no statement falls on this day", "ended_at": None},
    ("PL01", "2026-06-25"): {"state": "failed", "error": "deadlock", "handled": "2026-06-26T18:00"},
    ("PL03", "2026-06-27"): {"state": "failed", "error": "the bank's file was empty", "handled": "2026-06-29T09:00"},
    ("PL01", "2026-06-30"): {"state": "failed", "error": "disk full", "handled": "2026-07-01T18:00"},
    ("PL04", "2026-06-26"): {"state": "lost", "ended_at": None, "mended": "2026-07-02T08:00"},
}
#: The same for the validation of what a run read.
VALIDATIONS: dict[tuple[str, str], Record | None] = {
    ("PL03", "2026-06-30"): None,
    ("PL01", "2026-07-01"): {"records_ok": 1829},
    ("PL02", "2026-06-26"): {"rules_evaluated": 0},
    ("PL03", "2026-06-28"): {"records_in": 0, "records_ok": 0, "mended": "2026-07-02T09:00"},
}
#: (pipeline, day): when its one rejected record was resolved.
REJECTS = {
    ("PL01", "2026-06-23"): "2026-07-02T10:00",
    ("PL01", "2026-06-24"): "2026-07-01T12:00",
    ("PL03", "2026-06-25"): "2026-06-26T09:00",
}
RECONCILIATIONS: dict[tuple[str, str], Record | None] = {
    ("RC02", "2026-06-27"): None,
    ("RC01", "2026-06-25"): {"performed_at": "2026-06-26T09:00"},
    ("RC01", "2026-06-22"): {"right_total": 99879.5, "cleared": "2026-07-02T09:00"},
    ("RC01", "2026-06-24"): {"right_total": 99990.0, "cleared": "2026-06-30T16:00"},
    ("RC02", "2026-06-26"): {"reviewed_by": "E1027"},
    ("RC02", "2026-06-25"): {"right_query": "settlements of the day"},
    ("RC01", "2026-06-23"): {"right_total": None, "mended": "2026-07-02T11:00"},
}


def exported(company: Company, now: datetime) -> Iterator[Export]:
    runs = [run for pipeline in _read("pipelines") for run in _runs(pipeline, now)]
    made = [one for recon in _read("reconciliations") for one in _made(recon, now)]
    for table, records in (
        ("runs", [run | {"mended": None} for run in runs]),
        ("validations", [found for run in runs if (found := _validation(run, now))]),
        ("rejects", [found for run in runs if (found := _reject(run, now))]),
        ("reconciliations", made),
        ("breaks", [found for one in made if (found := _break(one, now))]),
    ):
        yield "processing", table, "event", [_plain(record) for record in records]


def _plain(record: Record) -> Record:
    """Without what only this module knows, and with times as text."""
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in record.items()
        if not name.startswith("_") and name not in ("mended", "handled", "cleared")
    }


@cache
def _read(register: str) -> tuple[dict[str, str], ...]:
    with (CONTENT / f"{register}.csv").open(newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def _holidays() -> frozenset[str]:
    return frozenset(line["date"] for line in _read("holidays"))


def _due(line: dict[str, str], clock: str, now: datetime) -> Iterator[tuple[str, datetime]]:
    """(day, moment) on which a schedule of the register falls due, within what is exported."""
    at = time.fromisoformat(line[clock])
    day = max(date.fromisoformat(line["started_on"]), (now - BACK).date())
    last = min(date.fromisoformat(line["ended_on"] or "9999-12-31"), now.date())
    while day <= last:
        due = datetime.combine(day, at, UTC)
        works = day.weekday() < 5 and day.isoformat() not in _holidays()
        fits = {"daily": True, "business_day": works, "monthly": (day + timedelta(days=1)).day == 1}
        if fits[line["frequency"]] and due <= now:
            yield day.isoformat(), due
        day += timedelta(days=1)


def _told(planted: dict[tuple[str, str], Record | None], key: tuple[str, str], now: datetime) -> Record | None:
    """What is different about one record, as far as it is not mended yet; None when there is no record."""
    found = planted.get(key, {})
    if found is not None and found.get("mended") and moment(found["mended"]) <= now:
        return {}
    return found


def _runs(pipeline: dict[str, str], now: datetime) -> Iterator[Record]:
    for day, due in _due(pipeline, "scheduled_time", now):
        key = (pipeline["pipeline_id"], day)
        planted = _told(RUNS, key, now)
        if planted is None or due + timedelta(minutes=10) > now:
            continue
        run_id = f"{key[0]}-{day}"
        handled = moment(planted["handled"]) if planted.get("handled") else None
        is_handled = handled is not None and handled <= now
        yield {
            "_key": key,
            "run_id": run_id,
            "pipeline_id": key[0],
            "scheduled_for": due,
            "started_at": due + timedelta(seconds=20),
            "ended_at": due + timedelta(minutes=10),
            "state": "success",
            "error": None,
            "retries": 0,
            "handled_by": "E1006" if is_handled else None,
            "handled_at": handled if is_handled else None,
            "input_hash": hashlib.sha256(f"in {run_id}".encode()).hexdigest(),
            "output_hash": hashlib.sha256(f"out {run_id}".encode()).hexdigest(),
        } | planted


def _validation(run: Record, now: datetime) -> Record | None:
    planted = _told(VALIDATIONS, run["_key"], now)
    if planted is None or run["state"] != "success":
        return None
    read = RECORDS[run["pipeline_id"]]
    rejected = int(run["_key"] in REJECTS)
    return {
        "run_id": run["run_id"],
        "pipeline_id": run["pipeline_id"],
        "started_at": run["scheduled_for"] + timedelta(minutes=1),
        "records_in": read,
        "records_ok": read - rejected,
        "records_rejected": rejected,
        "suite_version": "2026.5",
        "rules_evaluated": 14,
        "rules_skipped": 0,
        "success": True,
    } | planted


def _reject(run: Record, now: datetime) -> Record | None:
    if run["_key"] not in REJECTS:
        return None
    resolved = moment(REJECTS[run["_key"]])
    return {
        "reject_id": f"{run['run_id']}-1",
        "run_id": run["run_id"],
        "reason": "account unknown",
        "resolved_at": resolved if resolved <= now else None,
        "resolution": "account was opened, record posted" if resolved <= now else None,
    }


def _made(recon: dict[str, str], now: datetime) -> Iterator[Record]:
    for day, due in _due(recon, "due_time", now):
        key = (recon["recon_id"], day)
        planted = _told(RECONCILIATIONS, key, now)
        if planted is None:
            continue
        made: Record = {
            "_key": key,
            "recon_id": key[0],
            "due_date": day,
            "performed_at": due - timedelta(hours=1),
            "performed_by": "E1027",
            "left_query": "settlements of the day" if key[0] == "RC02" else "closing balances",
            "right_query": "payments of the day" if key[0] == "RC02" else "statements of the bank",
            "left_total": 100000.0,
            "right_total": 100000.0,
            "reviewed_by": "E1023",
            "reviewed_at": due + timedelta(hours=14),
        } | planted
        if isinstance(made["performed_at"], str):
            made["performed_at"] = moment(made["performed_at"])
        if made["performed_at"] > now:
            continue
        if made["reviewed_at"] > now:
            made["reviewed_by"] = made["reviewed_at"] = None
        known = made["right_total"] is not None
        yield made | {"difference": made["left_total"] - made["right_total"] if known else None}


def _break(made: Record, now: datetime) -> Record | None:
    if "cleared" not in made:
        return None
    cleared = moment(made["cleared"])
    return {
        "break_id": f"{made['recon_id']}-{made['due_date']}-1",
        "recon_id": made["recon_id"],
        "due_date": made["due_date"],
        "opened_at": made["performed_at"],
        "cleared_at": cleared if cleared <= now else None,
    }

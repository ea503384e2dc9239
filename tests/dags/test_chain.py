"""From a fetched night to a judged one, through Airflow's own assets and scheduler, sources alive or not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from soc2_warehouse import results, sources, steps, tasks, unreadable
from soc2_warehouse.embedded import Airflow

DAY = date(2026, 7, 1)
RECEIPT = {"status": "complete", "run_id": "r1", "rows": 3, "object_uri": "okta/users/x", "sha256": "ab"}


def scheduled(dag_id: str) -> list[Any]:
    """What one round of the scheduler starts for ``dag_id`` because of assets."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        SchedulerJobRunner(job=Job())._create_dagruns_for_partitioned_asset_dags(session)
    with create_session() as session:
        runs = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.partition_key.is_not(None))).all()
        return [(str(run.run_type), run.partition_key) for run in runs]


def test_a_dead_source_does_not_keep_the_night_from_being_judged(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, calls = sources.names()[0], []

    def extract(source: str, day: date) -> dict[str, Any]:
        calls.append(source)
        if source == dead:
            raise unreadable.SourceUnreadable("connection reset")
        return {"source": source}

    monkeypatch.setattr(tasks, "extract", extract)
    monkeypatch.setattr(tasks, "close", lambda day: {"x.y": RECEIPT, f"{dead}.z": {"status": "failed"}})
    outcome = airflow.run("soc2_extract", DAY)
    assert outcome.tasks[dead] == "failed"
    assert calls.count(dead) == 3
    assert outcome.tasks["close"] == "success"
    assert outcome.tasks["complete"] == "failed"
    assert outcome.state == "failed"
    assert scheduled("soc2_controls") == [("asset_triggered", "2026-07-01")]


def test_refused_credentials_are_tried_once(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def extract(source: str, day: date) -> dict[str, Any]:
        calls.append(source)
        raise unreadable.CredentialsRefused("HTTP 401")

    monkeypatch.setattr(tasks, "extract", extract)
    monkeypatch.setattr(tasks, "close", lambda day: {"x.y": RECEIPT})
    outcome = airflow.run("soc2_extract", DAY)
    assert sorted(calls) == sources.names()
    assert outcome.tasks["complete"] == "success"


def test_a_source_without_a_connection_is_skipped(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "extract", lambda source, day: {"not_configured": "no connection okta_default"})
    monkeypatch.setattr(tasks, "close", lambda day: {"x.y": {"status": "not configured"}})
    outcome = airflow.run("soc2_extract", DAY)
    assert {outcome.tasks[name] for name in sources.names()} == {"skipped"}
    assert outcome.state == "success"


def test_judging_publishes_and_starts_the_grid(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    days = []
    for name, result in (("load", 1), ("evaluate", {"nodes": 1}), ("judge", {"AC-01": "fail"}), ("publish", "p")):
        monkeypatch.setattr(tasks, name, lambda day, result=result: days.append(day) or result)
    outcome = airflow.run("soc2_controls", DAY)
    assert outcome.state == "success"
    assert days == [DAY] * 4
    assert scheduled("soc2_verdicts") == [("asset_triggered", "2026-07-01")]


def test_a_broken_stage_is_red_and_nothing_is_published(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(day: date) -> None:
        raise steps.PipelineBroken("dbt could not start")

    monkeypatch.setattr(tasks, "load", lambda day: 0)
    monkeypatch.setattr(tasks, "evaluate", broken)
    monkeypatch.setattr(tasks, "publish", lambda day: pytest.fail("published"))
    outcome = airflow.run("soc2_controls", DAY)
    assert outcome.tasks == {
        "load": "success",
        "evaluate": "failed",
        "judge": "upstream_failed",
        "publish": "upstream_failed",
    }


def test_the_grid_is_red_green_and_skipped_as_the_verdicts_are(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tasks.control_ids()
    words = {control: ("pass", "fail", "not_tested")[number % 3] for number, control in enumerate(ids)}
    monkeypatch.setattr(results, "verdict", lambda control, day: (words[control], "why"))
    outcome = airflow.run("soc2_verdicts", DAY)
    shown = {"pass": "success", "fail": "failed", "not_tested": "skipped"}
    assert outcome.tasks == {control: shown[status] for control, status in words.items()}

"""The DAGs as they are parsed: exactly which, with which manners."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from soc2_warehouse import sources, tasks, unreadable
from soc2_warehouse.settings import PROJECT


def test_there_are_exactly_these_dags(dags: dict[str, Any]) -> None:
    assert sorted(dags) == ["soc2_access_review", "soc2_alerts", "soc2_controls", "soc2_extract", "soc2_verdicts"]


def test_every_dag_tells_how_to_triage_and_never_catches_up(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert "red" in dag.doc_md and len(dag.doc_md) > 500, dag.dag_id
        assert dag.catchup is False, dag.dag_id


def test_every_source_module_is_a_task_before_close(dags: dict[str, Any]) -> None:
    dag = dags["soc2_extract"]
    assert sources.names()
    assert dag.task_dict["close"].upstream_task_ids == set(sources.names())
    assert set(dag.task_dict) == {*sources.names(), "close", "complete"}


def test_close_runs_whatever_happened_to_the_sources(dags: dict[str, Any]) -> None:
    assert dags["soc2_extract"].task_dict["close"].trigger_rule == "all_done"


@pytest.mark.parametrize("dag_id", ["soc2_extract", "soc2_controls"])
def test_tasks_that_work_are_tried_again(dags: dict[str, Any], dag_id: str) -> None:
    for task in dags[dag_id].tasks:
        assert task.retries >= 1, task.task_id
        assert task.retry_policy is not None, task.task_id


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (unreadable.CredentialsRefused("401"), "fail"),
        (unreadable.WrongDay("past"), "fail"),
        (unreadable.SourceUnreadable("503"), "retry"),
        (OSError("disk"), "default"),
    ],
)
def test_what_a_person_must_mend_is_not_tried_again(dags: dict[str, Any], error: Exception, action: str) -> None:
    policy = dags["soc2_extract"].task_dict[sources.names()[0]].retry_policy
    assert policy.evaluate(error, try_number=1, max_tries=2).action.value == action


def test_one_writer_of_duckdb_at_a_time(dags: dict[str, Any]) -> None:
    dag = dags["soc2_controls"]
    assert dag.max_active_runs == 1
    assert {task.queue for task in dag.tasks} == {"duckdb"}


def test_stages_of_judging_follow_each_other(dags: dict[str, Any]) -> None:
    order = ["load", "evaluate", "judge", "publish"]
    found = dags["soc2_controls"].task_dict
    assert sorted(found) == sorted(order)
    for earlier, later in pairwise(order):
        assert found[later].upstream_task_ids == {earlier}


def test_a_review_is_opened_asked_about_and_signed(dags: dict[str, Any]) -> None:
    """Who decides and signs is a person, in one page a line; what fails to open keeps nobody else from deciding."""
    found = dags["soc2_access_review"].task_dict
    upstream = {name: task.upstream_task_ids for name, task in found.items()}
    assert upstream == {
        "begin": set(),
        "all_open": {"begin"},
        "questions": {"begin"},
        "signatures": {"begin"},
        "decide": {"questions"},
        "sign": {"signatures", "decide"},
    }
    assert {task.queue for task in found.values()} == {"duckdb"}
    assert found["decide"].is_mapped and found["sign"].is_mapped
    assert found["sign"].trigger_rule == "all_done"


def test_the_grid_has_every_control_and_nothing_else(dags: dict[str, Any]) -> None:
    assert tasks.control_ids()
    assert sorted(dags["soc2_verdicts"].task_dict) == tasks.control_ids()


def test_control_ids_come_from_file_names(tmp_path: Any) -> None:
    for name in ("ctl_ac_01__humans_have_mfa", "ctl_ac_01__reconciled", "ctl_cm_10__x", "int_other"):
        (tmp_path / f"{name}.sql").touch()
    assert tasks.control_ids(tmp_path) == ["AC-01", "CM-10"]


def test_parsing_imports_nothing_heavy() -> None:
    heavy = ["duckdb", "dbt", "great_expectations", "boto3", "github", "pyarrow", "moto", "openpyxl"]
    code = (
        "import sys, runpy, pathlib\n"
        f"for path in sorted(pathlib.Path({str(PROJECT / 'dags')!r}).glob('*.py')): runpy.run_path(str(path))\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("run", "day"),
    [
        ({"partition_key": "2026-07-03T02:00:00"}, date(2026, 7, 3)),
        ({"partition_key": "2026-07-03", "logical_date": datetime(2026, 7, 1, tzinfo=UTC)}, date(2026, 7, 3)),
        ({"logical_date": datetime(2026, 7, 2, 2, tzinfo=UTC)}, date(2026, 7, 2)),
        ({"logical_date": None, "run_after": datetime(2026, 7, 4, 23, 59, tzinfo=UTC)}, date(2026, 7, 4)),
    ],
)
def test_the_day_of_a_run(run: dict[str, Any], day: date) -> None:
    assert tasks.day_of(SimpleNamespace(**run)) == day

"""Airflow inside this process: its own home with SQLite, no scheduler, no servers, the real DAGs.

It shares nothing with a deployed Airflow, and its database is no evidence store: delete it whenever you like.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from soc2_warehouse.clock import as_of
from soc2_warehouse.settings import PROJECT, Settings
from soc2_warehouse.steps import PipelineBroken


@contextmanager
def quietly(log: Path) -> Iterator[TextIO]:
    """Send whatever this process prints, at the level of file descriptors, to ``log``; yields the real standard output.

    Airflow, dbt and Great Expectations each print in their own way; a person wants one voice, and the log wants all.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("a", encoding="utf-8", buffering=1) as sink, os.fdopen(os.dup(1), "w", encoding="utf-8") as screen:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        try:
            # Python's own streams may have been replaced by something that does not write to 1 and 2.
            with redirect_stdout(sink), redirect_stderr(sink):
                yield screen
        finally:
            screen.flush()
            for number, original in enumerate(kept, start=1):
                os.dup2(original, number)
                os.close(original)


def configure(settings: Settings) -> None:
    """Set Airflow's environment. Must run before the first import of Airflow."""
    if "airflow.settings" in sys.modules and os.environ.get("AIRFLOW_HOME") != str(settings.airflow_home):
        raise PipelineBroken("Airflow is already running in this process with another home")
    # Without bytecode Airflow starts five times slower.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    home = settings.airflow_home
    home.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SOC2_RETRY_DELAY_SECONDS", "5")
    os.environ |= {
        "SOC2_HOME": str(settings.home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


@dataclass(frozen=True)
class DagOutcome:
    """One DAG run: its state and every task's."""

    state: str
    tasks: dict[str, str]

    def ended(self, *states: str) -> list[str]:
        return sorted(name for name, state in self.tasks.items() if state in states)


class Airflow:
    """The embedded Airflow, ready to run this project's DAGs. Import costs seconds: make one per process."""

    def __init__(self, settings: Settings) -> None:
        configure(settings)
        import airflow
        from airflow.dag_processing.dagbag import BundleDagBag
        from airflow.utils.db import initdb

        # Written after the database is whole, so that an interrupted first start is repeated.
        ready = settings.airflow_home / ".ready"
        if not ready.exists() or ready.read_text() != airflow.__version__:
            initdb()
            ready.write_text(airflow.__version__)
        folder = PROJECT / "dags"
        bag = BundleDagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="dags-folder")
        if bag.import_errors:
            told = "; ".join(f"{path}: {error.strip().splitlines()[-1]}" for path, error in bag.import_errors.items())
            raise PipelineBroken(f"a DAG cannot be imported: {told}")
        self.settings = settings
        self.dags: dict[str, Any] = dict(bag.dags)

    def run(self, dag_id: str, day: date) -> DagOutcome:
        """Run one DAG for one logical day, to its end. A failing task is an outcome, not an exception."""
        moment = as_of(day, self.settings.observed_at)
        result = self.dags[dag_id].test(logical_date=moment, run_after=moment)
        states = {instance.task_id: str(instance.state or "none") for instance in result.get_task_instances()}
        return DagOutcome(
            str(result.state),
            {name: state.removeprefix("TaskInstanceState.").lower() for name, state in states.items()},
        )

"""Airflow reads its environment at its first import, so it is set here, before any test module is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soc2_warehouse import embedded
from soc2_warehouse.settings import from_environment

embedded.configure(from_environment())
# Only un-paused DAGs are started by assets.
os.environ["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] = "False"
os.environ["SOC2_RETRY_DELAY_SECONDS"] = "0.1"


@pytest.fixture(scope="session")
def airflow() -> Iterator[embedded.Airflow]:
    """One embedded Airflow per test process."""
    yield embedded.Airflow(from_environment())


@pytest.fixture(scope="session")
def dags(airflow: embedded.Airflow) -> dict[str, Any]:
    assert Path(os.environ["AIRFLOW_HOME"]).is_relative_to(os.environ["SOC2_HOME"])
    return airflow.dags

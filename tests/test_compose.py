"""The production shape holds what the DAGs rely on, and no secret."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from soc2_warehouse.settings import PROJECT

FILE = PROJECT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found = yaml.safe_load(FILE.read_text())["services"]
    assert found
    return dict(found)


def test_every_component_is_there(services: dict[str, Any]) -> None:
    components = {"api-server", "scheduler", "dag-processor", "triggerer", "worker", "worker-duckdb"}
    assert set(services) == {"postgres", "redis", "airflow-init", "superset"} | components


def test_one_worker_takes_one_task_that_writes_duckdb(services: dict[str, Any]) -> None:
    takers = {name: one["command"] for name, one in services.items() if "duckdb" in (one.get("command") or [])}
    assert list(takers) == ["worker-duckdb"]
    command = takers["worker-duckdb"]
    assert command[command.index("--queues") + 1] == "duckdb"
    assert command[command.index("--concurrency") + 1] == "1"


def test_only_the_extracting_worker_has_credentials_and_a_way_out(services: dict[str, Any]) -> None:
    assert [name for name, one in services.items() if "env_file" in one] == ["worker"]
    assert {name for name, one in services.items() if "outside" in one.get("networks", [])} == {"worker", "api-server"}


def test_components_share_one_database_and_one_jwt_secret(services: dict[str, Any]) -> None:
    airflow = [one["environment"] for name, one in services.items() if name not in ("postgres", "redis", "superset")]
    for key in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY"):
        assert len({environment[key] for environment in airflow}) == 1, key


def volumes(service: dict[str, Any]) -> dict[str, str]:
    """Where each volume stands, with ``:ro`` when it is read-only."""
    return dict(one.split(":", 1) for one in service.get("volumes", []))


def test_one_worker_writes_the_published_file_and_readers_cannot(services: dict[str, Any]) -> None:
    seen = {name: volumes(one)["published"] for name, one in services.items() if "published" in volumes(one)}
    folder = "/var/lib/soc2/published"
    assert seen == {"worker-duckdb": folder, "api-server": f"{folder}:ro", "superset": f"{folder}:ro"}
    assert volumes(services["api-server"])["soc2"] == "/var/lib/soc2:ro"
    image = (PROJECT / "Dockerfile").read_text()
    # A volume inside a read-only volume needs a folder to stand on.
    assert all(place in image for place in (folder, "/var/lib/soc2/airflow/logs"))


def test_superset_sees_the_published_file_alone(services: dict[str, Any]) -> None:
    superset = services["superset"]
    assert set(volumes(superset)) == {"published", "superset"}
    assert superset["networks"] == ["superset"]
    assert [name for name, one in services.items() if "superset" in one.get("networks", [])] == ["superset"]
    assert all(port.startswith("127.0.0.1:") for port in superset["ports"])
    assert superset["read_only"] and superset["cap_drop"] == ["ALL"] and "env_file" not in superset
    image = (PROJECT / "dashboards" / "superset" / "Dockerfile").read_text()
    assert "--require-hashes" in image
    assert "SOC2_PUBLISHED_FILE=/var/lib/soc2/published/warehouse.duckdb" in image


def test_no_secret_is_written_down(services: dict[str, Any]) -> None:
    secret = re.compile(r"(PASSWORD|SECRET|FERNET_KEY|TOKEN)$")
    values = [
        value
        for one in services.values()
        for key, value in (one.get("environment") or {}).items()
        if secret.search(key) or "://airflow:" in value
    ]
    assert values
    assert all("${" in value for value in values)


def test_docker_accepts_it() -> None:
    tool = shutil.which("docker-compose")
    if tool is None:
        pytest.skip("docker-compose is not installed")
    names = ("POSTGRES_PASSWORD", "AIRFLOW_FERNET_KEY", "AIRFLOW_JWT_SECRET")
    subprocess.run([tool, "-f", str(FILE), "config", "--quiet"], check=True, env=dict.fromkeys(names, "x"))

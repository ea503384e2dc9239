"""Superset as the compose file starts it: its own environment, its own database, the bundle, the published file."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from soc2_warehouse.settings import PROJECT, Settings

FOLDER = PROJECT / "dashboards" / "superset"
PASSWORD = "the-password-of-a-test"
#: Seconds to wait for one answer; long, because other tests run beside.
PATIENCE = 120


@dataclass
class Superset:
    """A running Superset. ``admin`` is a session with an administrator's token; ``file`` is what it reads."""

    url: str
    admin: requests.Session
    file: Path
    log: Path
    password: str = PASSWORD

    def get(self, path: str, **arguments: Any) -> Any:
        answer = self.admin.get(f"{self.url}/api/v1/{path}", timeout=PATIENCE, **arguments)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def post(self, path: str, session: requests.Session | None = None, **arguments: Any) -> requests.Response:
        return (session or self.admin).post(f"{self.url}/api/v1/{path}", timeout=PATIENCE, **arguments)

    def sign_in(self, name: str, password: str) -> requests.Session:
        session = requests.Session()
        asked = {"username": name, "password": password, "provider": "db"}
        token = session.post(f"{self.url}/api/v1/security/login", json=asked, timeout=PATIENCE).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        guard = session.get(f"{self.url}/api/v1/security/csrf_token/", timeout=PATIENCE).json()["result"]
        session.headers.update({"X-CSRFToken": guard, "Referer": self.url})
        return session


@pytest.fixture(scope="session")
def superset_python() -> Path:
    """Python of an environment from the lock, made once for each lock and kept in the user's cache.

    ``python -m``, not the scripts beside it: the environment is made under another name and then renamed.
    """
    lock = FOLDER / "requirements.lock"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soc2-warehouse"
    made = cache / f"superset-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        draft = cache / f".{made.name}-{uuid.uuid4().hex[:8]}"
        try:
            _install(draft, lock)
            draft.rename(made)
        except OSError:
            assert made.exists()  # Another test run was faster.
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return made / "bin" / "python"


def _install(environment: Path, lock: Path) -> None:
    """uv, and where only pip is told how to reach a package index, pip: as the Makefile does it."""
    uv = Path(sys.executable).with_name("uv")
    variables = {**os.environ, "VIRTUAL_ENV": str(environment)}
    try:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
        subprocess.run([uv, "pip", "sync", "--quiet", "--require-hashes", lock], check=True, env=variables)
    except subprocess.CalledProcessError:
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip = [
            environment / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--requirement",
            lock,
        ]
        subprocess.run(pip, check=True)


@pytest.fixture(scope="session")
def published(played: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the shared nights published: one test swaps it."""
    copy = tmp_path_factory.mktemp("published") / "warehouse.duckdb"
    shutil.copyfile(played.published_file, copy)
    return copy


@pytest.fixture(scope="session")
def superset_variables(published: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of Superset's processes: what the compose file sets, and nothing of this machine."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("superset-user")),
        "SUPERSET_HOME": str(tmp_path_factory.mktemp("superset")),
        "SUPERSET_CONFIG_PATH": str(FOLDER / "superset_config.py"),
        "SUPERSET_SECRET_KEY": uuid.uuid4().hex + uuid.uuid4().hex,
        "SUPERSET_ADMIN_PASSWORD": PASSWORD,
        "SOC2_PUBLISHED_FILE": str(published),
    }


@pytest.fixture(scope="session")
def superset(superset_python: Path, superset_variables: dict[str, str], published: Path) -> Iterator[Superset]:
    """Prepared by ``start.py``, served by gunicorn on a free loopback port."""
    told = subprocess.run(
        [superset_python, FOLDER / "start.py"], env=superset_variables, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    log = Path(superset_variables["SUPERSET_HOME"]) / "server.log"
    serve = ["-m", "gunicorn", "--workers", "1", "--threads", "4", "--bind", address, "superset.app:create_app()"]
    with log.open("w") as output:
        server = subprocess.Popen([superset_python, *serve], env=superset_variables, stdout=output, stderr=output)
    try:
        running = Superset(f"http://{address}", requests.Session(), published, log)
        _await(running, server)
        running.admin = running.sign_in("admin", PASSWORD)
        yield running
    finally:
        server.terminate()
        server.wait(30)


def _await(running: Superset, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert server.poll() is None, running.log.read_text()[-3000:]
        try:
            if requests.get(f"{running.url}/health", timeout=PATIENCE).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise AssertionError(running.log.read_text()[-3000:])


class Browsers:
    """A headless Chromium that is signed in, and another one in its place when it stalls."""

    def __init__(self, superset: Superset, launch: Callable[[], Any]) -> None:
        self._superset, self._launch = superset, launch
        self._chromium: Any = None
        self._context: Any = None

    def context(self) -> Any:
        if self._context is None:
            self._chromium = self._launch()
            self._context = self._chromium.new_context(viewport={"width": 1440, "height": 2600})
            self._context.set_default_timeout(PATIENCE * 1000)
            page = self._context.new_page()
            page.goto(f"{self._superset.url}/login/")
            page.fill("#username", "admin")
            page.fill("#password", self._superset.password)
            page.keyboard.press("Enter")
            page.wait_for_url(re.compile("welcome"))
            page.close()
        return self._context

    def close(self) -> None:
        if self._chromium is not None:
            self._chromium.close()
        self._chromium = self._context = None


@pytest.fixture(scope="session")
def browsers(superset: Superset, launch: Callable[[], Any]) -> Iterator[Browsers]:
    found = Browsers(superset, launch)
    yield found
    found.close()

"""A real Airflow API server over one home, in a process of its own: what the browser tests and benchmarks talk to.

Run as a script it serves; imported it starts itself: ``with serving(home) as url``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
#: name → role of Airflow's simple auth manager. The password of each is the name.
USERS = {"vera": "viewer", "ann": "viewer", "dan": "user"}
#: Two who review access, by the address under which HR knows them.
REVIEWERS = ("kenji.watanabe@acme.example", "ingrid.solberg@acme.example")
USERS |= dict.fromkeys(REVIEWERS, "user")
AUDITORS = "ann"
PATIENCE_SECONDS = 180


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """Address of a server whose ``SOC2_HOME`` is ``home``. Raises RuntimeError with the log when it does not start."""
    home.mkdir(parents=True, exist_ok=True)
    log, told = home / "api-server.log", home / "api-server.url"
    told.unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "SOC2_"))}
    environment |= {"SOC2_HOME": str(home), "PYTHONPATH": str(PROJECT / "plugins")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, __file__, str(told)], env=environment, stdout=sink, stderr=sink, start_new_session=True
        )
    try:
        yield _ready(process, told, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(process: subprocess.Popen[bytes], told: Path, log: Path) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if told.exists():
            url = told.read_text()
            try:
                with urllib.request.urlopen(f"{url}/api/v2/version", timeout=20) as answer:
                    answer.read()
                return url
            except OSError:
                pass
        time.sleep(0.2)
    raise RuntimeError(f"Airflow's API server did not start:\n{log.read_text()[-3000:]}")


def serve(told: Path) -> None:
    """Serve on a free port of this machine until ended, and write the address to ``told``."""
    import socket

    from soc2_warehouse import embedded
    from soc2_warehouse.settings import settings

    embedded.configure(settings())
    home = settings().airflow_home
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps({name: name for name in USERS}))
    os.environ |= {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of tests, of the length that the signature asks for: 64 bytes",
        "SOC2_AUDITORS": AUDITORS,
    }
    import uvicorn
    from airflow.api_fastapi.app import create_app
    from airflow.utils.db import initdb

    initdb()
    # The core API alone: the execution API is for workers, of which there are none.
    app = create_app(apps="core")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        draft = told.with_suffix(".draft")
        draft.write_text(f"http://127.0.0.1:{listener.getsockname()[1]}")
        draft.replace(told)
        uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on")).run(sockets=[listener])


if __name__ == "__main__":
    serve(Path(sys.argv[1]))

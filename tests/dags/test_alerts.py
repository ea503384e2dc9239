"""soc2_alerts as a real Airflow runs it."""

from __future__ import annotations

import json
import shutil
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from soc2_warehouse.embedded import Airflow
from soc2_warehouse.settings import Settings, from_environment

DAY = date(2026, 7, 2)


def test_the_configured_channel_tells_and_the_other_is_skipped(
    airflow: Airflow, played: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run of the night finds nothing new and sends nothing."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    published = from_environment().published_file
    published.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(played.published_file, published)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = {"conn_type": "slackwebhook", "password": f"http://127.0.0.1:{server.server_port}/services/T/B/x"}
    monkeypatch.setenv("AIRFLOW_CONN_SLACKWEBHOOK_DEFAULT", json.dumps(hook))
    try:
        for _ in range(2):
            outcome = airflow.run("soc2_alerts", DAY)
            assert outcome.tasks == {"webhook": "success", "email": "skipped"}
    finally:
        server.shutdown()
        server.server_close()
        published.unlink()
    assert len(got) == 1 and got[0]["text"].startswith("SOC 2, 2026-07-02")

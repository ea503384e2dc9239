"""The pages on this machine, without a deployed Airflow: its API server alone, over the home's own database."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable

from soc2_warehouse import embedded
from soc2_warehouse.settings import Settings

USER = "admin"


def serve(settings: Settings, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted, to this machine only. ``say`` is told the address, the account and its password."""
    embedded.configure(settings)
    passwords = settings.airflow_home / "passwords.json"
    if not passwords.exists():
        passwords.touch(0o600)
        passwords.write_text(json.dumps({USER: secrets.token_urlsafe(12)}))
    address = f"http://127.0.0.1:{port}"
    os.environ |= {
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        # Who restarts the server signs in again.
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
    }
    import uvicorn
    from airflow.api_fastapi.app import create_app
    from airflow.utils.db import initdb

    initdb()
    # The core API alone: the execution API is for workers, of which there are none.
    app = create_app(apps="core")
    say(f"{address}/soc2/  account {USER}, password {json.loads(passwords.read_text())[USER]}; stop with Ctrl-C")
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")

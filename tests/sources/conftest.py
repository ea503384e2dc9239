"""A source read against a real server: extraction, landing and receipts are the ones of a nightly run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from soc2_warehouse import extract
from soc2_warehouse.clock import Clock, as_of
from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.wire import Server, Wire
from soc2_warehouse.settings import Settings

DAY = date(2026, 7, 1)


@dataclass
class Reading:
    """What one run of a source left: its receipts and the envelopes of each table."""

    receipts: dict[str, Receipt]
    landing: Landing

    def status(self) -> dict[str, str]:
        return {name: receipt.status for name, receipt in self.receipts.items()}

    def rows(self, name: str) -> list[Any]:
        uri = self.receipts[name].object_uri
        assert uri, f"{name} landed nothing: {self.receipts[name].errors}"
        return list(self.landing.envelopes(uri))

    def records(self, name: str) -> list[Any]:
        return [row.record for row in self.rows(name)]


@dataclass
class Provider:
    """A sandbox server of one source; ``app`` gives its faults and limits, ``read`` runs the extraction."""

    name: str
    app: Wire
    url: str
    settings: Settings
    monkeypatch: pytest.MonkeyPatch
    day: date = DAY

    def now(self):
        return as_of(self.day, self.settings.observed_at)

    def read(self, day: date = DAY, token: str = "sandbox-token") -> Reading:
        self.day = day
        clock = Clock.starting_at(self.now() + timedelta(seconds=1))
        connection = Connection(f"{self.name}_default", "http", self.url, schema="acme", password=token)
        self.monkeypatch.setenv(variable(connection.conn_id), connection.to_json())
        receipts = extract.run_source(self.settings, self.name, day, clock)
        return Reading({found.table_name: found for found in receipts}, Landing(self.settings.landing_url))


@pytest.fixture
def provider(request, home, monkeypatch):
    """The server of the source that the test module names in ``SANDBOX``."""
    module = request.module.SANDBOX
    name = module.__name__.rpartition(".")[2]
    found = Provider(name, None, "", home, monkeypatch)  # type: ignore[arg-type]
    found.app = module.create_app(Company(), found.now)
    with Server(found.app) as server:
        found.url = server.url
        yield found

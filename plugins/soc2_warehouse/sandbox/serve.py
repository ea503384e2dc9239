"""The whole sandbox company at once: every server on a loopback port, one clock, one set of connections."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType

from soc2_warehouse import sandbox, sources
from soc2_warehouse.clock import Clock, as_of
from soc2_warehouse.connections import Connection, any_configured, variable
from soc2_warehouse.landing import Landing
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.wire import Server, Wire
from soc2_warehouse.settings import Settings

#: The first day that the sandbox's nightly run judges when nobody names one.
FIRST_DAY = date(2026, 7, 1)
#: Where nobody listens.
NOWHERE = "http://127.0.0.1:9"


def default_day(settings: Settings) -> date:
    """The newest landed day, else the first: a second run repeats the day, whatever the wall clock."""
    days = [uri.split("/")[1].removeprefix("day=") for uri in Landing(settings.landing_url).list("_receipts")]
    return date.fromisoformat(max(days)) if days else FIRST_DAY


def is_wanted() -> bool:
    """Whether runs go against the sandbox: no source has a connection configured."""
    return not any_configured(sorted({source.connection for source in sources.load_all()}))


@cache
def _servers() -> dict[str, ModuleType]:
    """Modules of the sandbox that serve an API, by name: ``create_app(company, now)`` and ``connection(url)``."""
    return sandbox.modules_with("create_app")


class Sandbox:
    """The running company. Use as a context manager; ``apps`` gives tests each server's faults and limits."""

    def __init__(
        self, settings: Settings, day: date | None = None, seed: int = 7, sources: Collection[str] = ()
    ) -> None:
        """sources: modules that will read it, default all; AWS is not served when none of them asks it."""
        self.settings, self.sources = settings, tuple(sources)
        self.day = day or default_day(settings)
        self.company = Company(seed=seed)
        self.clock = self._clock()
        self.apps: dict[str, Wire] = {}
        self._urls: dict[str, str] = {}
        self._stack = ExitStack()
        self._stopped = threading.Event()

    def now(self) -> datetime:
        """The company's time, aware UTC."""
        return self.clock.now()

    def __enter__(self) -> Sandbox:
        # Imported here: a run against real systems needs none of it.
        from soc2_warehouse.sandbox.aws import AwsSandbox

        for name, module in _servers().items():
            self.apps[name] = module.create_app(self.company, self.now)
            self._urls[name] = self._stack.enter_context(Server(self.apps[name])).url
        if not self.sources or any(name.startswith("aws_") for name in self.sources):
            self.aws = AwsSandbox(self.company, self.now)
            self._urls["aws"], self._urls["cloudtrail"] = self.aws.start()
            self._stack.callback(self.aws.stop)
        self._arrange()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def set_day(self, day: date) -> None:
        """Move the company's clock to the moment at which ``day`` is observed. Forwards only."""
        if day < self.day:
            raise ValueError(f"the sandbox's clock stands at {self.day} and cannot go back to {day}: start it anew")
        self.day = day
        self.clock = self._clock()
        self._arrange()

    def _clock(self) -> Clock:
        """The company's clock at the moment of observation, or just after what is landed of the day already: a second
        run of a day must come after the first, or it could not supersede it.
        """
        landed = Landing(self.settings.landing_url).receipts(day=self.day)
        newest = max((receipt.finished_at for receipt in landed), default=None)
        moment = as_of(self.day, self.settings.observed_at)
        return Clock.starting_at(max(moment, newest + timedelta(minutes=1)) if newest else moment)

    def _arrange(self) -> None:
        from soc2_warehouse.sandbox.registers import write_registers

        if "aws" in self._urls:
            self.aws.advance(self.now())
        write_registers(self.company, self.registers, self.now())

    @property
    def registers(self) -> Path:
        """The checkout of the company's register repository."""
        return self.settings.sandbox / "registers"

    def land_exports(self) -> None:
        """Bring what the company's own exporters write, as an operator's ``soc2 land`` would."""
        from soc2_warehouse.extract import land_file
        from soc2_warehouse.sandbox import exports

        for source, table, kind, records in exports.written(self.company, self.now()):
            if self.sources and source not in self.sources:
                continue
            lines = enumerate(map(json.dumps, records), 1)
            land_file(self.settings, source, table, self.day, lines, f"{table}.jsonl", kind, clock=self.clock)

    def connections(self) -> dict[str, Connection]:
        """Every connection that the sources ask for."""
        aws = {
            "endpoint_url": self._urls.get("aws", NOWHERE),
            "cloudtrail_endpoint_url": self._urls.get("cloudtrail", NOWHERE),
            "region_name": "us-east-1",
        }
        found = (
            Connection("aws_default", "aws", login="sandbox", password="sandbox", extra=aws),
            Connection("registers_default", "file", str(self.registers), extra={"path": "registers"}),
            *(module.connection(self._urls[name]) for name, module in _servers().items()),
        )
        return {connection.conn_id: connection for connection in found}

    @contextmanager
    def as_environment(self) -> Iterator[None]:
        """Configure the connections in this process's environment, as an operator would, for this block."""
        values = {variable(conn_id): connection.to_json() for conn_id, connection in self.connections().items()}
        before = {name: os.environ.get(name) for name in values}
        os.environ.update(values)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def wait(self) -> None:
        """Block until interrupted."""
        try:
            self._stopped.wait()
        except KeyboardInterrupt:
            return

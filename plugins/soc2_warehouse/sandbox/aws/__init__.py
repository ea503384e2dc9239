"""AWS of the sandbox company: moto behind a door, seeded through boto3 and back-dated, and a CloudTrail of our own.

moto keeps its state in the process: one AwsSandbox at a time.

Each part of the account is a module of this package, found by its file name: ``arrange(cloud, company, now)`` makes it
what it is at a moment; ``denied(now)`` gives patterns of requests that are refused then; ``fill()`` fills, once a
process, what moto leaves out of that part; ``RANK`` (default 1) orders them, then the name does.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soc2_warehouse.sandbox.company import Company


@cache
def parts() -> tuple[ModuleType, ...]:
    """Modules that arrange a part of the account, in the order in which they do."""
    found = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    arranging = [module for module in found if hasattr(module, "arrange")]
    return tuple(sorted(arranging, key=lambda module: (getattr(module, "RANK", 1), module.__name__)))


class AwsSandbox:
    """The account. Its state is a function of the company's seed and the moment given to ``advance``, whatever
    was asked before.
    """

    def __init__(self, company: Company, now: Callable[[], datetime]) -> None:
        self.company, self.now = company, now
        self._running: list[Any] = []

    def start(self) -> tuple[str, str]:
        """Start both servers and arrange the account as it is now. Returns (endpoint URL, CloudTrail's URL)."""
        from moto.backends import list_of_moto_modules  # noqa: F401  # imports moto before the server's thread does
        from moto.moto_api._internal.models import moto_api_backend

        from soc2_warehouse.sandbox.aws import gaps, trail_app
        from soc2_warehouse.sandbox.aws.cloud import Cloud
        from soc2_warehouse.sandbox.aws.server import Server
        from soc2_warehouse.sandbox.wire import Server as WireServer

        gaps.fill()
        for part in parts():
            if hasattr(part, "fill"):
                part.fill()
        moto_api_backend.reset()
        self.server = Server()
        self.server.start()
        self.door = self.server.door
        self.trail_app = trail_app.create_app(self.company, self.now)
        trail = WireServer(self.trail_app)
        trail.__enter__()
        self._running = [self.server.stop, lambda: trail.__exit__()]
        self.cloud = Cloud(self.server.url)
        self.advance(self.now())
        return self.server.url, trail.url

    def advance(self, to: datetime) -> None:
        """Arrange everything as it is at ``to`` (aware UTC), forwards or backwards."""
        from moto.moto_api._internal import mock_random

        mock_random.seed(f"{self.company.seed}")
        for part in parts():
            part.arrange(self.cloud, self.company, to)
        self.door.denied = [pattern for part in parts() if hasattr(part, "denied") for pattern in part.denied(to)]

    def stop(self) -> None:
        """Stop both servers."""
        for stop in self._running:
            stop()
        self._running = []

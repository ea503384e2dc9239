"""AWS of the sandbox company: moto behind a door, seeded through boto3 and back-dated, and a CloudTrail of our own.

moto keeps its state in the process: one AwsSandbox at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soc2_warehouse.sandbox.company import Company


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

        from soc2_warehouse.sandbox.aws import buckets, databases, keys, users, volumes

        mock_random.seed(f"{self.company.seed}")
        keys.arrange(self.cloud, to)
        buckets.arrange(self.cloud, to)
        volumes.arrange(self.cloud, to)
        databases.arrange(self.cloud, to)
        users.arrange(self.cloud, self.company, to)
        self.door.denied_buckets = buckets.denied_buckets(to)
        self.door.denied_keys = keys.denied_keys(to)

    def stop(self) -> None:
        """Stop both servers."""
        for stop in self._running:
            stop()
        self._running = []

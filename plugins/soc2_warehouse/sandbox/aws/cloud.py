"""The sandbox's way into its own cloud: boto3 clients, and moto's objects for what no API can set (dates, ids)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from soc2_warehouse.sandbox.timetable import ACCOUNT_ID

HOME = "us-east-1"
EUROPE = "eu-west-1"
READER_ROLE = "soc2-warehouse-reader"
#: Every account has seventeen regions and may opt into others, which Acme did not. Six show the same as seventeen: two
#: with something in them, the others only to be asked, which costs hundreds of calls a night.
ENABLED_REGIONS = ("ap-southeast-2", "eu-central-1", "eu-west-1", "sa-east-1", "us-east-1", "us-west-1")
NOT_OPTED_IN = ("af-south-1", "ap-east-1", "eu-south-1", "me-south-1")

Value = TypeVar("Value")
Dated = Sequence[tuple[datetime, Value]]


def moment(text: str) -> datetime:
    """An aware UTC instant from ISO text (date or date and time)."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(values: Dated[Value], now: datetime) -> Value:
    """The value that holds at ``now``: the newest entry whose instant has come, else the first."""
    found = values[0][1]
    for since, value in values:
        if since <= now:
            found = value
    return found


def stable_uuid(*parts: str) -> str:
    """A UUID that depends on ``parts`` alone."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("acme", *parts))))


def stable_hex(length: int, *parts: str) -> str:
    """``length`` hex digits that depend on ``parts`` alone."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:length]


def in_order(held: Any, names: Iterable[str]) -> None:
    """Put moto's index into the order of the plan: listings must not show what was made when."""
    for name in names:
        if name in held:
            held[name] = held.pop(name)


class Cloud:
    """One moto server. ``client`` talks to it like anybody; ``backend`` reaches into it, in process."""

    def __init__(self, endpoint_url: str) -> None:
        import boto3
        from botocore.config import Config

        self.endpoint_url = endpoint_url
        self._session = boto3.Session("sandbox", "sandbox", region_name=HOME)
        self._config = Config(retries={"mode": "standard"}, s3={"addressing_style": "path"})
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = HOME) -> Any:
        """A boto3 client of ``service``."""
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self._session.client(
                service,  # type: ignore[call-overload]
                region_name=region,
                endpoint_url=self.endpoint_url,
                config=self._config,
            )
        return self._clients[key]

    @staticmethod
    def backend(service: str, region: str = HOME) -> Any:
        """moto's own state of ``service``; IAM and S3 are global."""
        from moto.backends import get_backend

        return get_backend(service)[ACCOUNT_ID]["aws" if service in ("iam", "s3") else region]  # type: ignore[call-overload]

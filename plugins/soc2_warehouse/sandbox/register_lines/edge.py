"""Register lines about the names under which clients reach the sandbox company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.register_lines import Row


def _endpoints(company: Company, moment: datetime) -> Iterator[Row]:
    from soc2_warehouse.sandbox.aws.edge import HOSTS

    for hostname, resource in HOSTS.items():
        yield {"hostname": hostname, "resource_ref": resource, "owner_id": "E1007"}


LINES = {"endpoints": _endpoints}

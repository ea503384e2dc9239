"""The register of monitors: the alarm of each service and type, as the account has or had it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.register_lines import Row


def _service_monitors(company: Company, moment: datetime) -> Iterator[Row]:
    from soc2_warehouse.sandbox.aws.alarms import ALARMS

    for plan in ALARMS:
        yield {"service_id": plan.service, "alarm_type": plan.alarm_type, "alarm_name": plan.name}


LINES = {"service_monitors": _service_monitors}

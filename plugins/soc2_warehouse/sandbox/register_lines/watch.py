"""Register lines of alarms after a deployment that somebody found to be none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.github.pipeline import DEPLOYMENT_IDS
from soc2_warehouse.sandbox.github.watch import alarms
from soc2_warehouse.sandbox.register_lines import Row

NOTED_AFTER = timedelta(minutes=6)


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which a line comes."""
    yield from (at + NOTED_AFTER for _, _, at in alarms(company.seed, "false_alarm"))


def _false_alarms(company: Company, moment: datetime) -> Iterator[Row]:
    for number, _, at in alarms(company.seed, "false_alarm"):
        if at + NOTED_AFTER <= moment:
            yield {
                "deployment_id": DEPLOYMENT_IDS + number,
                "noted_by": "E1008",
                "noted_at": at + NOTED_AFTER,
                "reason": "one slow query of a report; nothing failed",
            }


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {"false_alarms": _false_alarms}

"""What the sandbox company's own exporters write, as an operator would land it.

A module of the sandbox that exports holds ``exported(company, now)``, which yields an ``Export`` for each of its tables
as of ``now`` (aware UTC). It is found by that; no list names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from soc2_warehouse import sandbox

if TYPE_CHECKING:
    from soc2_warehouse.sandbox.company import Company

Record = dict[str, Any]
#: Source, table, kind (snapshot or event) and records.
Export = tuple[str, str, str, list[Record]]


def written(company: Company, now: datetime) -> Iterator[Export]:
    """Every export as of ``now``. Raises ValueError when two modules write one table."""
    writers: dict[tuple[str, str], str] = {}
    for name, module in sandbox.modules_with("exported").items():
        for source, table, kind, records in module.exported(company, now):
            if (writer := writers.setdefault((source, table), name)) != name:
                raise ValueError(f"sandbox/{name}.py writes {source}.{table}, which sandbox/{writer}.py writes already")
            yield source, table, kind, records

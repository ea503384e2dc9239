"""Lines of the register of secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.register_lines import Row


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which one of these lines comes, changes or goes."""
    from soc2_warehouse.sandbox.aws.secrets import APPROVED, RENEWED

    yield from (APPROVED, RENEWED)


def _secrets(company: Company, moment: datetime) -> Iterator[Row]:
    from soc2_warehouse.sandbox.aws.secrets import registered

    yield from registered(moment)


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {"secrets": _secrets}

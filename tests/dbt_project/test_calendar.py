"""Deadlines in business days, against a calendar that is counted day by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import duckdb
import jinja2
import pytest

from soc2_warehouse.settings import PROJECT

Rendered = Callable[..., str]
DAY = timedelta(days=1)
#: Four weeks, at the begin and the end of a day and within it.
MOMENTS = [
    datetime(2026, 6, 1, *time) + number * DAY for number in range(28) for time in ((0, 0, 0), (9, 30, 0), (23, 59, 59))
]


@pytest.fixture(scope="module")
def macros() -> SimpleNamespace:
    environment, package = jinja2.Environment(), SimpleNamespace()
    environment.globals["soc2_warehouse"] = package
    text = (PROJECT / "dbt_project" / "macros" / "time.sql").read_text()
    module = environment.from_string(text).make_module()
    for name in ("plus_business_days", "business_days_end"):
        setattr(package, name, getattr(module, name))
    return package


def counted(moment: datetime, days: int) -> datetime:
    """The same time on the ``days``-th day from Monday to Friday after that of ``moment``."""
    while days:
        moment += DAY
        days -= moment.weekday() < 5
    return moment


def asked(expression: Rendered, days: int) -> list[datetime]:
    listed = ", ".join(f"({number}, timestamp '{moment}')" for number, moment in enumerate(MOMENTS))
    sql = f"select {expression('moment', days)} from (values {listed}) as listed (number, moment) order by number"
    return [found for (found,) in duckdb.sql(sql).fetchall()]


@pytest.mark.parametrize("days", range(1, 13))
def test_business_days_are_counted_from_the_day_after(macros: SimpleNamespace, days: int) -> None:
    assert asked(macros.plus_business_days, days) == [counted(moment, days) for moment in MOMENTS]


@pytest.mark.parametrize("days", range(1, 13))
def test_a_business_day_ends_at_midnight(macros: SimpleNamespace, days: int) -> None:
    expected = [counted(moment, days).replace(hour=0, minute=0, second=0) + DAY for moment in MOMENTS]
    assert asked(macros.business_days_end, days) == expected

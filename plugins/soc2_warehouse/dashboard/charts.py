"""Options of the chart library for charts over days. Colours are of the theme; patterns come from ``pages.js``."""

from __future__ import annotations

from datetime import date
from typing import Any

from soc2_warehouse.dashboard.choices import CHOSEN
from soc2_warehouse.dashboard.reading import Reader


def verdicts_by_day(published: Reader, parameters: dict[str, Any]) -> dict[str, Any]:
    """Controls by verdict on each judged day; ``rows`` for a table, ``option`` for the chart.

    parameters: those of the chosen controls, day, and days: how many to look back.
    """
    rows = published.rows(
        f"""
        with chosen as ({CHOSEN})
        select
            runs.logical_date as day,
            count(*) filter (where runs.status = 'pass') as pass,
            count(*) filter (where runs.status = 'fail') as fail,
            count(*) filter (where runs.status = 'not_tested') as not_tested
        from fct_control_run as runs
        inner join chosen on chosen.control_id = runs.control_id
        where runs.is_current and runs.logical_date > cast($day as date) - cast($days as integer)
        group by runs.logical_date
        order by runs.logical_date
        """,
        parameters,
    )
    series = [
        {"type": "bar", "stack": "controls", "name": word, "token": token, "data": [row[name] for row in rows]}
        for name, word, token in (
            ("pass", "pass", "pass-fill"),
            ("fail", "fail", "fail-fill"),
            ("not_tested", "not tested", "open-fill"),
        )
    ]
    return {"rows": rows, "option": over_days([row["day"] for row in rows], series)}


def over_days(days: list[date], series: list[dict[str, Any]]) -> dict[str, Any]:
    """An option with days along the bottom. ``token`` of a series names its colour among those of ``pages.css``."""
    for one in series:
        one.setdefault("barCategoryGap", "15%")
        one.setdefault("barMaxWidth", 28)
    return {
        "grid": {"left": 8, "right": 8, "top": 30, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 18, "itemHeight": 12},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {"type": "category", "data": [day.isoformat() for day in days], "axisTick": {"show": False}},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": series,
    }

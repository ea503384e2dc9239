"""Kinds of charts: what a design says in a line or two, as the form Superset edits and the query it runs.

A design's chart has ``name``, ``kind``, ``dataset``, ``width`` (of 12), and by its kind:

number    metric, subtitle
bars      x, metrics, by, stacked, sideways
lines     x, metrics, by
heat      x, y, metric, colours
list      columns, order, search, formats: rows as they are; with search also pages
summary   by, metrics, order: one row per group

``where`` is SQL over the dataset; ``order`` names columns or metrics, ``-name`` for descending; a metric is the name of
one of the dataset's, or ``{label, sql}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Chart = dict[str, Any]
#: More rows than this nobody reads on a dashboard; the table says when it is cut.
LIMIT = 1000


def metric(given: Any) -> Any:
    """A metric as Superset names it: a saved one by its name, one of the chart's own as an object."""
    if isinstance(given, str):
        return given
    return {"expressionType": "SQL", "sqlExpression": given["sql"], "label": given["label"], "hasCustomLabel": True}


def conditions(where: str | None) -> list[dict[str, str]]:
    """A condition as Superset's filter objects."""
    return [{"clause": "WHERE", "expressionType": "SQL", "sqlExpression": where}] if where else []


def form(chart: Chart, shares: set[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """(viz_type, form data, query) of a chart. shares: metrics that are a part of 1."""
    viz, own, query = KINDS[chart["kind"]](chart, shares)
    where = chart.get("where")
    data = {"viz_type": viz, "adhoc_filters": conditions(where), "row_limit": chart.get("limit", LIMIT)} | own
    asked = {
        "columns": [],
        "metrics": [],
        "filters": [],
        "extras": {"where": f"({where})" if where else "", "having": ""},
        "orderby": [],
        "row_limit": data["row_limit"],
    } | query
    return viz, data, asked


def _number(chart: Chart, shares: set[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    form = {
        "metric": metric(chart["metric"]),
        "subtitle": chart.get("subtitle", ""),
        "header_font_size": 0.4,
        "subtitle_font_size": 0.125,
        "y_axis_format": ".1%" if str(chart["metric"]) in shares else ",d",
    }
    return "big_number_total", form, {"metrics": [form["metric"]]}


def _series(chart: Chart, shares: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    by = [chart["by"]] if "by" in chart else []
    metrics = [metric(one) for one in chart["metrics"]]
    form = {
        "x_axis": chart["x"],
        "metrics": metrics,
        "groupby": by,
        "x_axis_sort_asc": True,
        "show_legend": bool(by) or len(metrics) > 1,
        "legendOrientation": "top",
        "legendType": "scroll",
        "rich_tooltip": True,
        "y_axis_format": ".0%" if set(map(str, chart["metrics"])) & shares else ",d",
        "truncateYAxis": False,
        "xAxisLabelInterval": "0",
    }
    if chart.get("time"):
        form |= {"time_grain_sqla": chart["time"], "x_axis_time_format": "%Y-%m-%d", "xAxisLabelInterval": "auto"}
    else:
        form |= {"xAxisForceCategorical": True, "x_axis_sort": chart["x"]}
    return form, {"columns": [_axis(chart), *by], "metrics": metrics, "orderby": [[chart["x"], True]]}


def _axis(chart: Chart) -> Any:
    """The column of the x axis; a time in steps of ``time``, an ISO 8601 duration."""
    if "time" not in chart:
        return chart["x"]
    column = {"columnType": "BASE_AXIS", "expressionType": "SQL", "sqlExpression": chart["x"], "label": chart["x"]}
    return column | {"timeGrain": chart["time"]}


def _bars(chart: Chart, shares: set[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    form, query = _series(chart, shares)
    form |= {
        "orientation": "horizontal" if chart.get("sideways") else "vertical",
        "stack": "Stack" if chart.get("stacked") else None,
        "show_value": True,
        "only_total": True,
    }
    return "echarts_timeseries_bar", form, query


def _lines(chart: Chart, shares: set[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    form, query = _series(chart, shares)
    return "echarts_timeseries_line", form | {"markerEnabled": True, "markerSize": 6, "y_axis_bounds": [0, None]}, query


def _heat(chart: Chart, shares: set[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    form = {
        "x_axis": chart["x"],
        "time_grain_sqla": "P1D",
        "groupby": chart["y"],
        "metric": metric(chart["metric"]),
        "linear_color_scheme": chart["colours"],
        "normalize_across": "heatmap",
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "x_axis_time_format": "%m-%d",
        "xscale_interval": -1,
        "yscale_interval": 1,
        "left_margin": 75,
        "bottom_margin": 60,
        "value_bounds": chart.get("bounds", [None, None]),
        "y_axis_format": ",d",
        "show_legend": False,
        "show_percentage": False,
        "show_values": True,
        "border_color": {"r": 255, "g": 255, "b": 255, "a": 1},
        "border_width": 1,
    }
    return "heatmap_v2", form, {"columns": [chart["x"], chart["y"]], "metrics": [form["metric"]]}


def _order(chart: Chart) -> list[list[Any]]:
    return [[name.lstrip("-"), not name.startswith("-")] for name in chart.get("order", [])]


TABLE = {
    "table_timestamp_format": "%Y-%m-%d",
    "page_length": 0,
    "include_search": False,
    "show_cell_bars": False,
    "color_pn": False,
    "allow_rearrange_columns": True,
}


def _list(chart: Chart, shares: set[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    form = TABLE | {
        "query_mode": "raw",
        "page_length": 50 if chart.get("search") else 0,
        "include_search": bool(chart.get("search")),
        "all_columns": chart["columns"],
        "order_by_cols": [json.dumps(one) for one in _order(chart)],
        "column_config": {name: {"d3NumberFormat": number} for name, number in chart.get("formats", {}).items()},
    }
    # Without metrics: an empty list of them would group equal rows into one.
    return "table", form, {"columns": chart["columns"], "metrics": None, "orderby": _order(chart)}


def _summary(chart: Chart, shares: set[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    metrics = [metric(one) for one in chart["metrics"]]
    order = _order(chart) or [[metrics[0], False]]
    form = TABLE | {
        "query_mode": "aggregate",
        "groupby": chart["by"],
        "metrics": metrics,
        "timeseries_limit_metric": order[0][0],
        "order_desc": not order[0][1],
        "column_config": {one: {"d3NumberFormat": ".1%"} for one in chart["metrics"] if str(one) in shares},
    }
    return "table", form, {"columns": chart["by"], "metrics": metrics, "orderby": order}


KINDS: dict[str, Callable[[Chart, set[str]], tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "number": _number,
    "bars": _bars,
    "lines": _lines,
    "heat": _heat,
    "list": _list,
    "summary": _summary,
}

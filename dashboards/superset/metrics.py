"""The metrics of dbt's semantic layer as SQL, for the datasets: a number is defined once, in ``_semantic.yml``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]
SEMANTIC = PROJECT / "dbt_project" / "models" / "marts" / "_semantic.yml"
DIMENSION = re.compile(r"\{\{\s*Dimension\('(\w+)__(\w+)'\)\s*\}\}")
AGGREGATES = {"count": "count({})", "sum": "sum({})", "max": "max({})", "min": "min({})", "average": "avg({})"}


def read(path: Path = SEMANTIC) -> dict[str, list[dict[str, Any]]]:
    """Metrics of each table: name, label, description, expression (SQL over that table), is_share (a part of 1).

    Raises KeyError for a measure, dimension or kind of metric that is not there.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    measures, dimensions = {}, {}
    for model in document["semantic_models"]:
        table = re.fullmatch(r"ref\('(\w+)'\)", model["model"])[1]
        measures |= {one["name"]: (table, one) for one in model["measures"]}
        dimensions |= {(model["name"], one["name"]): one.get("expr", one["name"]) for one in model["dimensions"]}
    found: dict[str, tuple[str, str]] = {}
    tables: dict[str, list[dict[str, Any]]] = {}
    for metric in sorted(document["metrics"], key=lambda one: one["type"] == "ratio"):
        found[metric["name"]] = table, expression = _EXPRESSIONS[metric["type"]](metric, measures, dimensions, found)
        tables.setdefault(table, []).append(
            {
                "name": metric["name"],
                "label": metric["label"],
                "description": " ".join(metric["description"].split()),
                "expression": expression,
                "is_share": metric["type"] == "ratio",
            }
        )
    return tables


def _simple(metric: dict[str, Any], measures: Any, dimensions: Any, _: Any) -> tuple[str, str]:
    table, measure = measures[metric["type_params"]["measure"]]
    value = str(measure["expr"])
    if "filter" in metric:
        condition = DIMENSION.sub(lambda match: dimensions[match[1], match[2]], metric["filter"])
        value = f"case when {condition} then {value} end"
    return table, AGGREGATES[measure["agg"]].format(value)


def _ratio(metric: dict[str, Any], measures: Any, dimensions: Any, found: Any) -> tuple[str, str]:
    (table, above), (other, below) = (found[metric["type_params"][part]] for part in ("numerator", "denominator"))
    if table != other:
        raise KeyError(f"{metric['name']} divides metrics of {table} and {other}")
    return table, f"cast({above} as double) / nullif({below}, 0)"


_EXPRESSIONS = {"simple": _simple, "ratio": _ratio}

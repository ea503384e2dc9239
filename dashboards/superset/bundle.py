"""Write Superset's asset bundle from the designs: ``python dashboards/superset/bundle.py [FOLDER]``.

A file of ``design/`` is a dashboard. Its charts name tables of the published file; columns come from dbt's YAML,
metrics from dbt's semantic layer, identifiers from names, so the same designs give the same bundle. Nothing is asked of
a warehouse. Fields of a design:

title, about     name, and the sentence under it
areas            controls this dashboard is about: restricts every dataset that has a column ``area``
like             rows of this design come first (``_domain``: what every area shows of its controls)
filters          columns offered as filters, as ``table.column``
rows             [{height, charts: […]}]; see charts.py
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

import charts
import metrics
import yaml

HERE = Path(__file__).parent
MODELS = metrics.PROJECT / "dbt_project" / "models"
#: The publisher's address is superset_config.py's business: whatever stands here is replaced by it.
URI = "duckdb:////var/lib/soc2/published/warehouse.duckdb"
DATABASE = "SOC 2 warehouse"
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "soc2-warehouse/superset")
#: A status is told by its word; these colours only repeat it, in steps that grey tones keep apart.
COLOURS = {
    "pass": "#2F7D4F",
    "fail": "#C4314B",
    "not_tested": "#E0A526",
    "gap": "#8C8C8C",
    "critical": "#7A1230",
    "high": "#C4314B",
    "medium": "#E0A526",
    "low": "#9DB4C8",
    "open": "#C4314B",
    "remediated": "#2F7D4F",
    "complete": "#2F7D4F",
    "partial": "#E0A526",
}
Files = dict[str, dict[str, Any]]


def identifier(*names: str) -> str:
    """The same for the same names, in every Superset."""
    return str(uuid.uuid5(SPACE, "/".join(names)))


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def words(column: str) -> str:
    """A column's name for people: ``deviation_count`` is Deviation."""
    return column.removesuffix("_id").removesuffix("_count").replace("_", " ").capitalize()


def documented() -> dict[str, dict[str, Any]]:
    """dbt's models by name, as their YAML describes them."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(MODELS.rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models") or []:
            found[model["name"]] = model
    return found


def dataset(table: str, model: dict[str, Any], defined: list[dict[str, Any]]) -> dict[str, Any]:
    """A table of the published file. Raises KeyError when dbt's YAML gives a column no type."""
    columns = [
        {
            "column_name": column["name"],
            "verbose_name": words(column["name"]),
            "type": column["data_type"].upper(),
            "is_dttm": column["data_type"] in ("timestamp", "date"),
            "groupby": True,
            "filterable": True,
            "description": column["description"],
        }
        for column in model["columns"]
    ]
    counted = {
        "metric_name": "rows",
        "verbose_name": "Number",
        "expression": "count(*)",
        "description": "Rows.",
        "d3format": ",d",
    }
    return {
        "table_name": table,
        "description": " ".join(model["description"].split()),
        "schema": "main",
        "filter_select_enabled": True,
        "uuid": identifier("dataset", table),
        "database_uuid": identifier("database", DATABASE),
        "metrics": [counted]
        + [
            {
                "metric_name": one["name"],
                "verbose_name": one["label"],
                "expression": one["expression"],
                "description": one["description"],
                "d3format": ".1%" if one["is_share"] else ",d",
            }
            for one in defined
        ],
        "columns": columns,
        "version": "1.0.0",
    }


def chart_file(title: str, chart: dict[str, Any], shares: set[str]) -> dict[str, Any]:
    viz, form, query = charts.form(chart, shares)
    return {
        "slice_name": chart["name"],
        "description": chart.get("about"),
        "viz_type": viz,
        "params": form,
        "query_context": json.dumps(
            {
                "datasource": {"id": 0, "type": "table"},
                "force": False,
                "queries": [query],
                "form_data": form,
                "result_format": "json",
                "result_type": "full",
            }
        ),
        "uuid": identifier("chart", title, chart["name"]),
        "dataset_uuid": identifier("dataset", chart["dataset"]),
        "version": "1.0.0",
    }


def layout(title: str, about: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Where each chart stands: a note on top, then the rows."""
    place: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
    }

    def put(row: int, members: list[tuple[str, str, dict[str, Any]]]) -> None:
        name = f"ROW-{row}"
        parents = ["ROOT_ID", "GRID_ID"]
        place["GRID_ID"]["children"].append(name)
        place[name] = {
            "type": "ROW",
            "id": name,
            "children": [member[1] for member in members],
            "parents": parents,
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for kind, member, meta in members:
            place[member] = {"type": kind, "id": member, "children": [], "parents": [*parents, name], "meta": meta}

    put(0, [("MARKDOWN", "MARKDOWN-0", {"code": about, "height": 10, "width": 12})])
    number = 0
    for at, row in enumerate(rows, start=1):
        members = []
        for chart in row["charts"]:
            number += 1
            meta = {
                "chartId": number,
                "uuid": identifier("chart", title, chart["name"]),
                "sliceName": chart["name"],
                "height": row["height"],
                "width": chart["width"],
            }
            members.append(("CHART", f"CHART-{number}", meta))
        put(at, members)
    return place


def filters(title: str, design: dict[str, Any], models: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Filters of a dashboard; they offer what its areas have."""
    found = []
    for one in design.get("filters", []):
        table, column = one.split(".")
        within = _areas(design, models[table])
        found.append(
            {
                "id": f"NATIVE_FILTER-{slug(title)}-{column}",
                "type": "NATIVE_FILTER",
                "filterType": "filter_select",
                "name": words(column),
                "targets": [{"datasetUuid": identifier("dataset", table), "column": {"name": column}}],
                "controlValues": {"multiSelect": True, "enableEmptyFilter": False, "searchAllOptions": False},
                "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
                "adhoc_filters": charts.conditions(within),
                "cascadeParentIds": [],
                "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
            }
        )
    return found


def build() -> Files:
    """Every file of the bundle by its path. Raises KeyError for a table or a column type that dbt does not know."""
    models, semantic = documented(), metrics.read()
    shares = {one["name"] for table in semantic.values() for one in table if one["is_share"]}
    designs = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("design/*.yml"))
    }
    files: Files = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"},
        f"databases/{slug(DATABASE)}.yaml": {
            "database_name": DATABASE,
            "sqlalchemy_uri": URI,
            "uuid": identifier("database", DATABASE),
            "expose_in_sqllab": True,
            "allow_run_async": False,
            "allow_ctas": False,
            "allow_cvas": False,
            "allow_dml": False,
            "allow_file_upload": False,
            "extra": {"allows_virtual_table_explore": True},
            "version": "1.0.0",
        },
    }
    for name, design in designs.items():
        if name.startswith("_"):
            continue
        title = design["title"]
        rows = (designs[design["like"]]["rows"] if "like" in design else []) + design.get("rows", [])
        rows = [row | {"charts": [_within(chart, design, models) for chart in row["charts"]]} for row in rows]
        for chart in (chart for row in rows for chart in row["charts"]):
            table = chart["dataset"]
            files[f"datasets/{table}.yaml"] = dataset(table, models[table], semantic.get(table, []))
            files[f"charts/{name}/{slug(chart['name'])}.yaml"] = chart_file(title, chart, shares)
        files[f"dashboards/{name}.yaml"] = {
            "dashboard_title": title,
            "description": design["about"],
            "slug": name.replace("_", "-"),
            "published": True,
            "uuid": identifier("dashboard", title),
            "position": layout(title, design["about"], rows),
            "metadata": {
                "color_scheme": "supersetColors",
                "label_colors": COLOURS,
                "cross_filters_enabled": True,
                "refresh_frequency": 0,
                "native_filter_configuration": filters(title, design, models),
            },
            "version": "1.0.0",
        }
    return files


def _areas(design: dict[str, Any], model: dict[str, Any]) -> str | None:
    """The condition that keeps a table to the areas of a dashboard; None where the table knows no areas."""
    if "areas" not in design or "area" not in {column["name"] for column in model["columns"]}:
        return None
    return "area in ({})".format(", ".join(f"'{area}'" for area in design["areas"]))


def _within(chart: dict[str, Any], design: dict[str, Any], models: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The chart, restricted to the areas of its dashboard."""
    parts = [part for part in (_areas(design, models[chart["dataset"]]), chart.get("where")) if part]
    return chart | {"where": " and ".join(parts)} if parts else chart


def write(folder: Path) -> None:
    for old in folder.rglob("*.yaml"):
        old.unlink()
    for name, content in build().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "bundle")

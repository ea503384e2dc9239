"""The company's registers as they held in the window: each version as CSV, with the days on which it was read."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from soc2_warehouse.dashboard.exports import csv_cell
from soc2_warehouse.dashboard.reading import Reader
from soc2_warehouse.landing import Landing
from soc2_warehouse.package.window import Window
from soc2_warehouse.settings import Settings

SOURCE = "registers"
COLUMNS = ["register", "file", "first_day", "last_day", "rows", "commit", "committed_at", "query", "raw_file", "sha256"]


def write(settings: Settings, window: Window, published: Reader, folder: Path) -> list[dict[str, Any]]:
    """Write every version and ``versions.csv``; returns its lines. Files: ``<register>.csv`` for the version of the
    last day, ``<register>_<first day>.csv`` for those before it.
    """
    folder.mkdir()
    landing = Landing(settings.landing_url)
    found: list[dict[str, Any]] = []
    for name, versions in _versions(landing, window, published).items():
        for number, version in enumerate(versions, 1):
            is_last = number == len(versions)
            file = f"{name}.csv" if is_last else f"{name}_{version['first_day']}.csv"
            (folder / file).write_bytes(version.pop("content"))
            found.append(version | {"file": file})
    (folder / "versions.csv").write_bytes(_csv(COLUMNS, [[line[name] for name in COLUMNS] for line in found]))
    return found


def _versions(landing: Landing, window: Window, published: Reader) -> dict[str, list[dict[str, Any]]]:
    """Register → its versions, oldest first. A version is its content: a commit that did not touch it makes none."""
    extracts = published.rows(
        """
        select table_name, logical_date, parameters, query, object_uri, sha256
        from fct_extract_run
        where source = $source and is_selected and logical_date between $first and $last and object_uri is not null
        order by table_name, logical_date
        """,
        {"source": SOURCE, "first": window.days[0], "last": window.last},
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for extract in extracts:
        content, rows = _content(landing, extract["object_uri"])
        digest = hashlib.sha256(content).hexdigest()
        versions = found.setdefault(extract["table_name"], [])
        if versions and versions[-1]["digest"] == digest:
            versions[-1]["last_day"] = extract["logical_date"]
            continue
        parameters = json.loads(extract["parameters"] or "{}")
        versions.append(
            {
                "register": extract["table_name"],
                "digest": digest,
                "first_day": extract["logical_date"],
                "last_day": extract["logical_date"],
                "rows": rows,
                "commit": parameters.get("commit", ""),
                "committed_at": parameters.get("committed_at", ""),
                "query": extract["query"],
                "raw_file": f"landing/{extract['object_uri']}",
                "sha256": extract["sha256"],
                "content": content,
            }
        )
    return found


def _content(landing: Landing, uri: str) -> tuple[bytes, int]:
    """The register as CSV, and how many rows it has. A row that could not be read is there with its error."""
    table = pq.read_table(pa.BufferReader(landing.read(uri)), columns=["record", "error"])
    rows = [
        (json.loads(row["record"]) if row["record"] else {}) | ({"_error": row["error"]} if row["error"] else {})
        for row in table.to_pylist()
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _csv(names, [[row.get(name) for name in names] for row in rows]), len(rows)


def _csv(names: list[str], rows: list[list[Any]]) -> bytes:
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\n").writerows([names, *([csv_cell(value) for value in row] for row in rows)])
    return sink.getvalue().encode()


def newest(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The version of each register that held at the end, and how many ``versions`` the window had."""
    counts = Counter(line["register"] for line in found)
    return [line | {"versions": counts[line["register"]]} for line in {one["register"]: one for one in found}.values()]
